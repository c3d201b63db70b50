import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Ended, makeFolder, type Ready, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { RunEnds } from './run-ends.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

/** What a start that cannot succeed may take until it says so. */
const REFUSAL_MS_MAX = allowedMs(5_000);
const EMPTY = { 'signalbox.yaml': 'flows: {}' };

/** Makes a folder read-only until the test ends; false where this user is let in all the same. */
function makeReadOnly(folder: string): boolean {
  if (spawnSync('mount', ['--bind', folder, folder]).status === 0) {
    onTestFinished(() => void spawnSync('umount', [folder]));
    return spawnSync('mount', ['-o', 'remount,ro,bind', folder]).status === 0;
  }
  chmodSync(folder, 0o500);
  onTestFinished(() => chmodSync(folder, 0o700));
  if (process.getuid?.() !== 0) return true;
  console.log('a read-only folder: not tried, since root is let in everywhere and may not mount');
  return false;
}

/** Lets the command that follows have so many files open. */
function withFiles(count: number): string[] {
  return ['sh', '-c', `ulimit -n ${count}; exec "$@"`, 'sh'];
}

async function refusedStart(folder: string, prefix: readonly string[] = []): Promise<Ended> {
  const started = performance.now();
  const ended = await signalbox(folder, ['up', '--port', '0'], { prefix });
  expect(performance.now() - started).toBeLessThan(REFUSAL_MS_MAX);
  expect(ended.stdout).toBe('');
  return ended;
}

/** F20 of the fault matrix. */
describe('a daemon without', () => {
  test('a data directory that can be written says so at once', async () => {
    const folder = makeFolder(EMPTY);
    await (await startDaemon(folder)).end();
    const data = join(folder, '.signalbox');
    if (!makeReadOnly(data)) return;
    const { code, stderr } = await refusedStart(folder);
    expect(code).toBe(73);
    expect(stderr).toMatch(
      new RegExp(`^signalbox: ${data}/\\S+ cannot be used: .*(EROFS|readonly)`),
    );
    expect(stderr).toContain('writable by this user');
  });

  test('a place where its data directory can be made says so at once', async () => {
    const folder = makeFolder(EMPTY);
    if (!makeReadOnly(folder)) return;
    const { code, stderr } = await refusedStart(folder);
    expect(code).toBe(73);
    expect(stderr).toContain(`${join(folder, '.signalbox')} cannot be used`);
    expect(stderr).toContain('Choose another data directory with --data');
  });

  test.each([48, 64])('enough files, %i, says so at once', async (files) => {
    const { code, stderr } = await refusedStart(makeFolder(EMPTY), withFiles(files));
    expect(code).toBe(1);
    expect(stderr).toBe(
      'signalbox: too few files may be open at once; raise the limit: ulimit -n 1024\n',
    );
  });

  test('a file to spare waits, and goes on when it has some', async () => {
    const step = {
      id: 'say',
      run: ['echo', 'hello'],
      retry: { attempts: 99, delay: '200ms', factor: 1 },
    };
    const flows = { greet: { on: 'greeting.requested', steps: [step] } };
    const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
    const daemon = await startDaemon(folder, [], { prefix: withFiles(128) });
    const client = new ApiClient(daemon.ready);
    const ends = new RunEnds(client);
    const first = await client.emit({ type: 'greeting.requested' });
    await ends.of(first?.seq ?? 0);

    const crowd = await crowdOf(daemon.ready, 200);
    const second = await client.emit({ type: 'greeting.requested' });
    expect(second).toBeDefined();
    for (const socket of crowd) socket.destroy();
    await ends.of(second?.seq ?? 0);
    expect((await client.quiet()).runs).toMatchObject({ succeeded: 2, failed: 0 });
    expect(await daemon.end()).toBe(0);
  });
});

/** Connections that ask for nothing; some may have been refused. */
function crowdOf({ url }: Ready, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, async () => {
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return socket;
  });
  return Promise.all(sockets);
}
