import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ended, makeFolder, signalbox } from './signalbox.ts';

const FLOWS = `mode: one-shot
port: 0
flows:
  a:
    on: x
    steps:
      - { sleep: 10ms }
      - { emit: then }
  b: { on: then, emit: done }
  gathered: { on: x, batch: { size: 10, wait: 200ms }, steps: [ { emit: counted } ] }
  wrong: { on: wrong, run: [node, -e, "process.exit(65)"], retry: { attempts: 1 } }
`;

function up(folder: string, ...flags: readonly string[]): Promise<Ended> {
  return signalbox(folder, ['up', ...flags]);
}

async function typesIn(folder: string): Promise<string[]> {
  const { stdout } = await signalbox(folder, ['events', '100', '--json']);
  const { items } = JSON.parse(stdout) as { readonly items: readonly { readonly type: string }[] };
  return items.map(({ type }) => type);
}

test('mode: one-shot does what is there to the end, chains and windows too, and ends', async () => {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  await signalbox(folder, ['emit', 'x']);
  const { code, stdout, stderr } = await up(folder);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(stdout)).toMatchObject({ ready: true });
  expect(stderr).toContain('all that was there is done');
  expect(stderr).not.toContain('try:');
  expect(await typesIn(folder)).toEqual(expect.arrayContaining(['x', 'then', 'done', 'counted']));
  expect((await up(folder)).code).toBe(0);
});

test('where a run failed the exit code is 1; earlier ones do not count', async () => {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  await signalbox(folder, ['emit', 'wrong']);
  expect((await up(folder)).code).toBe(1);
  expect((await up(folder)).code).toBe(0);
});

test('what a person holds back is left, and the exit code is 1', async () => {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  await signalbox(folder, ['emit', 'x']);
  const { code, stderr } = await up(folder, '--paused');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('held=') });
  expect(await typesIn(folder)).not.toContain('then');
});

test('--profile decides the mode as any other setting', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'flows: { a: { on: x, emit: y } }\nport: 0\n' });
  mkdirSync(join(folder, 'profiles'));
  writeFileSync(join(folder, 'profiles/once.yaml'), 'mode: one-shot\n');
  expect((await up(folder, '--profile', 'once')).code).toBe(0);
  const { code, stderr } = await up(folder, '--profile', 'onec');
  expect({ code, stderr }).toEqual({ code: 65, stderr: expect.stringContaining('mean "once"?') });
});
