import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NAUGHTY } from '../fixtures/naughty-texts.ts';
import { makeFolder, signalbox, signalboxJson, start } from './signalbox.ts';

const CONFIGURATION = { 'signalbox.yaml': 'flows: {}\n' };

interface Found {
  readonly type: string;
  readonly subject: string;
  readonly correlationid: string;
  readonly id: string;
  readonly data: { readonly [name: string]: unknown };
}

async function commandEvents(folder: string): Promise<readonly Found[]> {
  const listed = await signalboxJson(folder, ['events', '--type', 'command.*']);
  return (listed as { items: Found[] }).items;
}

describe('exec', () => {
  test('runs a command as it is: input, output, exit code', async () => {
    const folder = makeFolder(CONFIGURATION);
    const script = 'cat; echo out; echo err >&2; exit 7';
    const ended = await signalbox(folder, ['exec', '--name', 'odd', '--', 'sh', '-c', script], {
      input: 'in\n',
    });
    expect(ended).toEqual({ code: 7, stdout: 'in\nout\n', stderr: 'err\n' });
    const [started, failed] = await commandEvents(folder);
    expect(started).toMatchObject({
      type: 'command.started',
      subject: 'odd',
      data: { name: 'odd', command: ['sh', '-c', script] },
    });
    expect(failed).toMatchObject({ type: 'command.failed', data: { code: 7 } });
    expect(failed?.correlationid).toBe(started?.id);
  });

  test('records that a command completed, under its own name', async () => {
    const folder = makeFolder(CONFIGURATION);
    expect(await signalbox(folder, ['exec', '--', '/bin/echo', '--json', '--', '-x'])).toEqual({
      code: 0,
      stdout: '--json -- -x\n',
      stderr: '',
    });
    const [, completed] = await commandEvents(folder);
    expect(completed).toMatchObject({ type: 'command.completed', subject: 'echo' });
  });

  test('gives a command its words as they are', async () => {
    const folder = makeFolder(CONFIGURATION);
    const words = [...NAUGHTY, '--flag=a\nb'];
    const { stdout } = await signalbox(folder, ['exec', '--', 'printf', '%s\\0', ...words]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });

  test.each([
    ['not-there', 127],
    ['.', 126],
  ])('says of %s what a shell says: %i', async (program, code) => {
    const folder = makeFolder(CONFIGURATION);
    const ended = await signalbox(folder, ['exec', '--', program]);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(program);
    expect(await commandEvents(folder)).toMatchObject([
      { type: 'command.started' },
      { type: 'command.failed', data: { code, reason: expect.any(String) as string } },
    ]);
  });

  test('passes signals on, and ends as the command does', async () => {
    const folder = makeFolder(CONFIGURATION);
    const script = 'trap "echo got it; exit 3" TERM; echo ready; while :; do sleep 0.1; done';
    const child = start(folder, ['exec', '--', 'bash', '-c', script]);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, said }).toEqual({ code: 3, said: 'ready\ngot it\n' });
  });

  test('has the exit code of a command that a signal ends', async () => {
    const folder = makeFolder(CONFIGURATION);
    const { code } = await signalbox(folder, ['exec', '--', 'sh', '-c', 'kill -KILL $$']);
    expect(code).toBe(137);
    const [, failed] = await commandEvents(folder);
    expect(failed).toMatchObject({ data: { code: 137, signal: 'SIGKILL' } });
  });

  test('runs a command though nothing can be recorded, and says so', async () => {
    const folder = makeFolder();
    const { code, stdout, stderr } = await signalbox(folder, ['exec', '--', 'echo', 'done']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' });
    expect(stderr).toContain('command.started is not recorded');
  });

  test('lets a command record events meanwhile', async () => {
    const folder = makeFolder(CONFIGURATION);
    const words = ['sh', '-c', `"$1" "$2" emit within > id`, 'sh', process.execPath];
    const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
    expect((await signalbox(folder, ['exec', '--', ...words, main])).code).toBe(0);
    expect(readFileSync(join(folder, 'id'), 'utf8')).toMatch(/^sb/);
  });

  test('needs a command', async () => {
    expect(await signalbox(makeFolder(CONFIGURATION), ['exec'])).toMatchObject({ code: 2 });
  });
});
