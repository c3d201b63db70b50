import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lives } from '../fixtures/processes.ts';
import { until } from '../fixtures/until.ts';
import { makeFolder, type Ready, start } from './signalbox.ts';

/** Runs a command in a terminal of its own, which goes when this program does. */
const TERMINAL = ['sh', '-c', 'exec script -qec "$*" /dev/null', 'sh'];
const FILES = { 'signalbox.yaml': 'flows: {}' };

interface InTerminal {
  readonly ready: Ready;
  readonly said: () => string;
  readonly closeTerminal: () => void;
}

/** A daemon that a person started in a terminal; undefined, and said so, where none can be made. */
async function startInTerminal(folder: string): Promise<InTerminal | undefined> {
  if (spawnSync('script', ['-qec', 'true', '/dev/null']).status !== 0) {
    console.log('a terminal: not tried, since there is no program "script" of util-linux');
    return undefined;
  }
  const args = ['up', '--port', '0', '--ready-file', 'ready.json'];
  const child = start(folder, args, { prefix: TERMINAL });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));
  const file = join(folder, 'ready.json');
  await until(() => existsSync(file));
  const ready = JSON.parse(readFileSync(file, 'utf8')) as Ready;
  return { ready, said: () => said, closeTerminal: () => void child.kill('SIGKILL') };
}

describe('a daemon in a terminal', () => {
  test('stops in order when the terminal is closed', async () => {
    const daemon = await startInTerminal(makeFolder(FILES));
    if (daemon === undefined) return;
    const { ready, closeTerminal } = daemon;
    closeTerminal();
    await until(() => !lives(ready.pid));
    expect(existsSync(join(ready.data, 'daemon.json'))).toBe(false);
  });

  test('reads its files again where somebody sends SIGHUP', async () => {
    const daemon = await startInTerminal(makeFolder(FILES));
    if (daemon === undefined) return;
    const { ready, said, closeTerminal } = daemon;
    process.kill(ready.pid, 'SIGHUP');
    await until(() => said().includes('the files were in force already'));
    expect(lives(ready.pid)).toBe(true);
    closeTerminal();
    await until(() => !lives(ready.pid));
  });
});

test('many SIGHUPs, from its first moment on, end no daemon', async () => {
  const folder = makeFolder(FILES);
  const child = start(folder, ['up', '--port', '0', '--ready-file', 'ready.json']);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += String(chunk)));
  await until(() => existsSync(join(folder, '.signalbox')));
  await until(() => {
    child.kill('SIGHUP');
    return existsSync(join(folder, 'ready.json'));
  });
  await until(() => log.includes('the files were in force already'));
  expect(child.exitCode).toBeNull();
});
