import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lives } from '../fixtures/processes.ts';
import { until } from '../fixtures/until.ts';
import { type InTerminal, inTerminal } from './in-terminal.ts';
import { makeFolder, type Ready, start } from './signalbox.ts';

const FILES = { 'signalbox.yaml': 'flows: {}' };

interface DaemonInTerminal extends InTerminal {
  readonly ready: Ready;
  readonly closeTerminal: () => void;
}

/** A daemon that a person started in a terminal; undefined, and said so, where none can be made. */
async function startInTerminal(folder: string): Promise<DaemonInTerminal | undefined> {
  const terminal = inTerminal(folder, ['up', '--port', '0', '--ready-file', 'ready.json']);
  if (terminal === undefined) return undefined;
  const file = join(folder, 'ready.json');
  await until(() => existsSync(file));
  const ready = JSON.parse(readFileSync(file, 'utf8')) as Ready;
  return { ...terminal, ready, closeTerminal: () => void terminal.child.kill('SIGKILL') };
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
    const { ready, shows, closeTerminal } = daemon;
    process.kill(ready.pid, 'SIGHUP');
    await shows('the files were in force already');
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
