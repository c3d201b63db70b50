import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, type RunningDaemon, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { type EffectLedger, startLedger } from '../crash/effect-ledger.ts';
import { processesNamed } from '../fixtures/processes.ts';
import { until } from '../server/until.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

/** How long a daemon may take to stop, and what it then ends by force. */
const STOP_MS_MAX = allowedMs(12_000);

/** Stands in the command line of the command that waits. */
const WAITING = `waiting-${randomInt(1e9)}`;
/** Notes each time that it begins, and ends when it may. */
const WAITER = `// ${WAITING}
const { appendFileSync, existsSync } = require('fs');
appendFileSync('begun', process.pid + ' ' + process.env.SIGNALBOX_ATTEMPT + '\\n');
setInterval(() => existsSync('go') && process.exit(), 10);
`;

/** A folder whose flow `order` has three steps: the middle one is given, the others are called. */
function orderFolder(ledger: EffectLedger, middle: object): string {
  return folderOf(ledger, [
    call(ledger, 'first'),
    { id: 'middle', ...middle },
    call(ledger, 'last'),
  ]);
}

function call({ url }: EffectLedger, id: string): object {
  return { id, http: { method: 'POST', url: `${url}/${id}` } };
}

function folderOf({ port }: EffectLedger, steps: readonly object[]): string {
  return makeFolder({
    'signalbox.yaml': JSON.stringify({
      security: { http_allow: [`127.0.0.1:${port}`] },
      flows: { order: { on: 'order.placed', steps } },
    }),
  });
}

/** Starts a daemon that ends everything that is open; the only run there is. */
async function finish(folder: string): Promise<RunView> {
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  await client.quiet();
  const [run, ...more] = await client.runs();
  expect(more).toEqual([]);
  expect(await client.get('/verify')).toMatchObject({ ok: true });
  expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
  expect(await daemon.end()).toBe(0);
  if (run === undefined) throw new Error('there is no run');
  expect(run.state).toBe('succeeded');
  return run;
}

/** The attempts of each step that was called, by the step's id. */
function callsOf({ effects }: EffectLedger): Record<string, readonly number[]> {
  const calls = [...effects].map(([key, { attempts }]) => [key.split('/')[1] ?? '', attempts]);
  return Object.fromEntries(calls) as Record<string, readonly number[]>;
}

describe('a flow of three steps goes on where it was killed', () => {
  /** What stands in the log last when the daemon is killed, how often, and what is done by then. */
  const MOMENTS = [
    { type: 'order.placed', count: 1, done: [] },
    { type: 'step.completed', count: 1, done: ['first'] },
    { type: 'step.waiting', count: 1, done: ['first'] },
    { type: 'step.completed', count: 2, done: ['first'] },
  ] as const;

  test.each(MOMENTS)('after $type ($count) was recorded', async ({ type, count, done }) => {
    const ledger = await startLedger();
    const folder = orderFolder(ledger, { sleep: '300ms' });
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'order.placed', id: 'one' });
    let seen = 0;
    for await (const event of client.stream(type)) {
      if (event.type === type && ++seen === count) break;
    }
    await end('SIGKILL');

    const { steps } = await finish(folder);
    const begun = Object.fromEntries(steps.map(({ id, attempts }) => [id, attempts]));
    const calls = callsOf(ledger);
    expect(Object.keys(calls)).toEqual(['first', 'last']);
    for (const [id, attempts] of Object.entries(calls)) {
      expect(new Set(attempts).size, `calls of ${id}`).toBe(attempts.length);
      expect(Math.max(...attempts)).toBeLessThanOrEqual(begun[id] ?? 0);
    }
    for (const id of done) expect(calls[id]).toEqual([1]);
  });
});

describe('a flow that chooses goes on where it was killed', () => {
  test.each([
    { type: 'run.started', count: 1 },
    { type: 'step.completed', count: 2 },
    { type: 'step.waiting', count: 1 },
  ])('after $type ($count) was recorded', async ({ type, count }) => {
    const ledger = await startLedger();
    const folder = folderOf(ledger, [
      call(ledger, 'first'),
      {
        if: "payload.way == 'left'",
        then: [call(ledger, 'left'), { id: 'rest', sleep: '300ms' }, call(ledger, 'further')],
        else: [call(ledger, 'right')],
      },
      { ...call(ledger, 'never'), if: "payload.way == 'right'" },
      call(ledger, 'last'),
    ]);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'order.placed', data: { way: 'left' } });
    let seen = 0;
    for await (const event of client.stream(type)) {
      if (event.type === type && ++seen === count) break;
    }
    await end('SIGKILL');

    const { steps } = await finish(folder);
    const skipped = steps.filter(({ state }) => state === 'skipped');
    expect(skipped.map(({ id }) => id)).toEqual(['right', 'never']);
    expect(Object.keys(callsOf(ledger))).toEqual(['first', 'left', 'further', 'last']);
  });
});

describe('a flow that forks goes on where it was killed', () => {
  test.each([
    { type: 'step.forked', count: 1 },
    { type: 'step.waiting', count: 1 },
    { type: 'branch.started', count: 3 },
    { type: 'branch.succeeded', count: 4 },
    { type: 'branch.succeeded', count: 6 },
  ])('after $type ($count) was recorded', async ({ type, count }) => {
    const ledger = await startLedger();
    const folder = folderOf(ledger, [
      {
        id: 'all',
        each: [1, 2, 3, 4],
        concurrency: 2,
        do: [call(ledger, 'one'), { id: 'rest', sleep: '50ms' }, call(ledger, 'two')],
      },
      { id: 'both', parallel: [call(ledger, 'left'), call(ledger, 'right')] },
      call(ledger, 'last'),
    ]);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'order.placed' });
    let seen = 0;
    for await (const event of client.stream(type)) {
      if (event.type === type && ++seen === count) break;
    }
    await end('SIGKILL');

    const { steps } = await finish(folder);
    expect(steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'all succeeded',
      'both succeeded',
      'last succeeded',
    ]);
    const keys = [...ledger.effects.keys()].map((key) => key.slice(key.indexOf('/') + 1));
    expect(keys.toSorted()).toEqual([
      ...[0, 1, 2, 3].flatMap((branch) => [`all[${branch}]/one`, `all[${branch}]/two`]),
      'both[0]/left',
      'both[1]/right',
      'last',
    ]);
  });
});

interface Waiting {
  readonly folder: string;
  readonly ledger: EffectLedger;
  readonly daemon: RunningDaemon;
}

/** A daemon whose run is in the middle of a command that ends when the file `go` is there. */
async function inTheMiddle(): Promise<Waiting> {
  const ledger = await startLedger();
  const folder = orderFolder(ledger, { run: [process.execPath, '-e', WAITER] });
  const daemon = await startDaemon(folder);
  await new ApiClient(daemon.ready).emit({ type: 'order.placed' });
  await until(() => beginningsIn(folder)[0]);
  expect(processesNamed(WAITING)).not.toEqual([]);
  return { folder, ledger, daemon };
}

/** A line for each time that the command began: its process and its attempt. */
function beginningsIn(folder: string): string[] {
  const file = join(folder, 'begun');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

const attemptsIn = (folder: string): (string | undefined)[] =>
  beginningsIn(folder).map((line) => line.split(' ')[1]);

describe('in the middle of a command', () => {
  test('a killed daemon leaves nothing running, and the next one tries again', async () => {
    const { folder, ledger, daemon } = await inTheMiddle();
    await daemon.end('SIGKILL');
    await until(() => (processesNamed(WAITING).length > 0 ? undefined : true));

    writeFileSync(join(folder, 'go'), '');
    const { steps } = await finish(folder);
    expect(steps.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
    expect(attemptsIn(folder)).toEqual(['1', '2']);
    expect(callsOf(ledger)).toEqual({ first: [1], last: [1] });
  });

  test('a daemon that is asked to stop lets it end, and the next one goes on', async () => {
    const { folder, ledger, daemon } = await inTheMiddle();
    daemon.child.kill('SIGTERM');
    await daemon.logged('stopping');
    expect(callsOf(ledger)).toEqual({ first: [1] });
    writeFileSync(join(folder, 'go'), '');
    // A second signal would end it at once.
    expect(await daemon.ended).toBe(0);

    const { steps } = await finish(folder);
    expect(steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    expect(attemptsIn(folder)).toEqual(['1']);
    expect(callsOf(ledger)).toEqual({ first: [1], last: [1] });
  });

  test('a daemon stops in time even if it does not end, and the next one tries again', async () => {
    const { folder, ledger, daemon } = await inTheMiddle();
    const asked = performance.now();
    expect(await daemon.end()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(STOP_MS_MAX);
    await until(() => (processesNamed(WAITING).length > 0 ? undefined : true));

    writeFileSync(join(folder, 'go'), '');
    const { steps } = await finish(folder);
    expect(steps[1]).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(beginningsIn(folder)).toHaveLength(2);
    expect(callsOf(ledger)).toEqual({ first: [1], last: [1] });
  });
});
