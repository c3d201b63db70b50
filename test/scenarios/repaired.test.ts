import { randomInt } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/views/engine-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { processesNamed } from '../fixtures/processes.ts';
import { until } from '../server/until.ts';

/** Stands in the command lines of a command and of its child. */
const LONG = `30000.${randomInt(1e9)}`;
/** Has a child that hears nothing, says when it begins and when it is asked to end, and stays. */
const STUBBORN = [
  'trap "touch asked" TERM',
  `(trap "" TERM; exec sleep ${LONG}) & touch begun`,
  'wait',
  'wait',
].join(';');

function folderOf(...steps: readonly object[]): string {
  return makeFolder({
    'signalbox.yaml': JSON.stringify({ flows: { work: { on: 'work.asked', steps } } }),
  });
}

function shell(id: string, script: string): object {
  return { id, run: ['sh', '-c', script] };
}

async function onlyRun(client: ApiClient): Promise<RunView> {
  const [run] = await client.runs();
  if (run === undefined) throw new Error('there is no run');
  return run;
}

describe('the command of a step', () => {
  test.each(['cancel', 'kill'])(
    'is gone with its children when its run is told to %s',
    async (verb) => {
      const folder = folderOf(shell('long', STUBBORN), shell('after', 'touch after'));
      const daemon = await startDaemon(folder);
      const client = new ApiClient(daemon.ready);
      await client.emit({ type: 'work.asked', id: 'one' });
      await until(async () => existsSync(join(folder, 'begun')) || undefined);
      expect(processesNamed(LONG).length).toBeGreaterThan(1);
      const run = await onlyRun(client);
      const { status, body } = await client.repair(run.id, verb, { reason: 'enough' });
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ state: 'cancelled', reason: 'by owner: enough' });
      await until(async () => (processesNamed(LONG).length > 0 ? undefined : true));
      // A command that is killed is not asked to end by itself.
      expect(existsSync(join(folder, 'asked'))).toBe(verb === 'cancel');
      await client.quiet();
      await until(async () => {
        const { running } = await client.get<Status>('/status');
        return running === 0 ? true : undefined;
      });
      expect(await client.get('/verify')).toMatchObject({ ok: true, sum: { cancelled: 1 } });
      expect(await daemon.end()).toBe(0);
    },
  );
});

describe('a run whose daemon is killed as it is cancelled', () => {
  /** Turns of the loop between request and kill: some come before its commit, some behind. */
  const PAUSES = [0, 3, 30, 300, 3_000];

  test.each(PAUSES)('is cancelled or goes on, and never both (after %i turns)', async (pause) => {
    const folder = folderOf(
      shell('wait', 'test -e go || sleep 30000'),
      shell('after', 'touch after'),
    );
    const first = await startDaemon(folder);
    const client = new ApiClient(first.ready);
    await client.emit({ type: 'work.asked', id: 'one' });
    const run = await until(async () => {
      const [view] = await client.runs();
      return view?.state === 'running' ? view : undefined;
    });
    const cancelling = client.repair(run.id, 'cancel').catch(() => undefined);
    for (let turn = 0; turn < pause; turn++) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    await first.end('SIGKILL');
    const answer = await cancelling;
    writeFileSync(join(folder, 'go'), '');

    const second = await startDaemon(folder);
    const next = new ApiClient(second.ready);
    await next.quiet();
    const { state, steps } = await onlyRun(next);
    // What was acknowledged holds.
    expect(answer?.status === 200 && state !== 'cancelled').toBe(false);
    const isDone = steps.map((step) => step.state === 'succeeded');
    expect(isDone).toEqual(state === 'succeeded' ? [true, true] : [false, false]);
    expect(existsSync(join(folder, 'after'))).toBe(state === 'succeeded');
    expect(['succeeded', 'cancelled']).toContain(state);
    expect(await next.get('/verify')).toMatchObject({ ok: true });
    expect(await next.get('/rebuild-check')).toMatchObject({ ok: true });
    expect(await second.end()).toBe(0);
  });
});
