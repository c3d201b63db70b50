import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const OPENER = fileURLToPath(new URL('database-opener.mjs', import.meta.url));
/** How long the other program waits for the database. */
const WAIT_MS = 3_000;
/** How long an answer, or a refusal to start, may take meanwhile. */
const ANSWER_MS_MAX = allowedMs(5_000);
const CONFIGURATION = {
  'signalbox.yaml': JSON.stringify({
    flows: { work: { on: 'work.asked', steps: [{ emit: 'work.done' }] } },
  }),
};

interface Opener {
  readonly said: Promise<string>;
  /** Ends it, and what it holds. */
  letGo(): Promise<void>;
}

function openElsewhere(folder: string, waitMs: number): Opener {
  const argv = [OPENER, join(folder, '.signalbox', 'signalbox.db'), String(waitMs)];
  const child: ChildProcess = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the opener has no pipes');
  const lines = once(createInterface({ input: stdout }), 'line') as Promise<[string]>;
  return {
    said: lines.then(([line]) => line),
    async letGo() {
      stdin.end();
      await once(child, 'exit');
    },
  };
}

/** Emits one event after the other until the opener has spoken; how many. */
async function emitMeanwhile(client: ApiClient, opener: Opener): Promise<number> {
  const spoken = new AbortController();
  const listening = opener.said.finally(() => spoken.abort());
  let sent = 0;
  for (; !spoken.signal.aborted; sent++) {
    const asked = performance.now();
    const { status } = await client.post({ type: 'work.asked' });
    expect(status).toBe(202);
    expect(performance.now() - asked).toBeLessThan(ANSWER_MS_MAX);
  }
  await listening;
  return sent;
}

/** F22 of the fault matrix. */
describe('a program that wants the database for itself', () => {
  test('does not get it from a daemon, which works on', async () => {
    const folder = makeFolder(CONFIGURATION);
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const opener = openElsewhere(folder, WAIT_MS);
    const sent = await emitMeanwhile(client, opener);
    expect(await opener.said).toContain('refused: ');
    await opener.letGo();
    expect(sent).toBeGreaterThan(0);
    const { runs } = await client.quiet();
    expect(runs).toMatchObject({ succeeded: sent, failed: 0 });
    expect(await daemon.end()).toBe(0);
    await expectSoundLog(folder);
  });

  test('keeps a daemon from starting, which says so at once, and loses nothing', async () => {
    const folder = makeFolder(CONFIGURATION);
    const first = await startDaemon(folder);
    const sent = await new ApiClient(first.ready).emit({ type: 'work.asked' });
    await first.end('SIGKILL');
    const opener = openElsewhere(folder, WAIT_MS);
    expect(await opener.said).toBe('locked');

    const asked = performance.now();
    const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect(performance.now() - asked).toBeLessThan(ANSWER_MS_MAX);
    expect(code).toBe(75);
    expect(stderr).toContain('signalbox.db is locked: another program has this database open.');

    await opener.letGo();
    const second = await startDaemon(folder);
    const client = new ApiClient(second.ready);
    const { runs } = await client.quiet();
    expect(runs).toMatchObject({ succeeded: 1, failed: 0 });
    expect((await client.events('work.asked')).map(({ seq }) => seq)).toEqual([sent?.seq]);
    expect(await second.end()).toBe(0);
    await expectSoundLog(folder);
  });
});
