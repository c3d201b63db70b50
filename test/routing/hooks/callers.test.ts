import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CallEnd, HookCaller } from '../../../src/routing/hooks/caller.ts';
import { CommandCaller } from '../../../src/routing/hooks/command-caller.ts';
import { ModuleCaller } from '../../../src/routing/hooks/module-caller.ts';
import { SystemClock } from '../../../src/std/clock.ts';
import { SystemProcesses } from '../../../src/std/process.ts';
import { makeFolder } from '../../cli/signalbox.ts';
import { until } from '../../server/until.ts';

const entry = new URL('../../../dist/routing/hooks/worker.js', import.meta.url);
/** For what must not run into its budget on a busy machine. */
const PATIENT_MS = 10_000;
const clock = new SystemClock();

interface Calling {
  readonly budgetMs?: number;
  readonly printed?: (text: string) => void;
}

/** A caller of a module with this text. */
function moduleOf(text: string, { budgetMs = PATIENT_MS, printed = () => {} }: Calling = {}) {
  const module = pathToFileURL(join(makeFolder({ 'hook.mjs': text }), 'hook.mjs')).href;
  const caller = new ModuleCaller({
    entry,
    module,
    environment: { TEAM: 'blue' },
    budgetMs,
    clock,
    printed,
  });
  onTestFinished(() => caller.stop());
  return caller;
}

/** A caller of a program of Node's with this text. */
function commandOf(text: string, { budgetMs = PATIENT_MS }: Calling = {}) {
  const directory = makeFolder({ 'hook.cjs': text });
  const processes = new SystemProcesses({ owner: 'hooktest', clock });
  onTestFinished(() => processes.stop());
  const argv = [process.execPath, 'hook.cjs'];
  const environment = { TEAM: 'blue' };
  return new CommandCaller({ processes, argv, directory, environment, budgetMs, clock });
}

function call(caller: HookCaller, payload: unknown = {}): Promise<CallEnd> {
  return caller.call(JSON.stringify(payload), new AbortController().signal);
}

describe('a module', () => {
  test('is called with the payload, in a thread that it keeps', async () => {
    const caller = moduleOf(`
      let calls = 0;
      export default async ({ n }) => ({ n, calls: ++calls, team: process.env.TEAM });
    `);
    caller.start();
    expect(await call(caller, { n: 1 })).toEqual({
      kind: 'answered',
      text: '{"n":1,"calls":1,"team":"blue"}',
    });
    expect(await call(caller, { n: 2 })).toMatchObject({
      text: '{"n":2,"calls":2,"team":"blue"}',
    });
  });

  test('answers in the order of the calls, one after the other', async () => {
    const caller = moduleOf(`
      let open = 0;
      export default async ({ n }) => {
        open++;
        await new Promise((done) => setTimeout(done, n % 3));
        return { n, open: open-- };
      };
    `);
    const ends = await Promise.all(Array.from({ length: 50 }, (_, n) => call(caller, { n })));
    expect(ends).toEqual(ends.map((_, n) => ({ kind: 'answered', text: `{"n":${n},"open":1}` })));
  });

  test.each([
    ['throws', '() => { throw new Error("no way"); }', 'it threw: no way'],
    ['rejects', 'async () => { throw new Error("no way"); }', 'it threw: no way'],
    ['gives what is no JSON', '() => 7n', 'it threw: Do not know how to serialize a BigInt'],
    ['answers too much', '() => "x".repeat(2 ** 21)', 'it answered with 2097154 characters'],
    ['ends its thread', '() => process.exit(3)', 'it ended its thread with exit code 3'],
    [
      'throws behind its answer',
      '() => new Promise(() => setImmediate(() => { throw new Error("late"); }))',
      'it ended its thread: late',
    ],
    [
      'fills its memory',
      '() => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }',
      'it ended its thread',
    ],
  ])('that %s has failed, and is called again', async (_, failing, reason) => {
    const caller = moduleOf(`
      const failing = ${failing};
      export default (payload) => (payload.fail ? failing() : 'fine');
    `);
    const failed = { kind: 'failed', reason: expect.stringContaining(reason) as string };
    expect(await call(caller, { fail: true })).toEqual(failed);
    expect(await call(caller)).toEqual({ kind: 'answered', text: '"fine"' });
    expect(await call(caller, { fail: true })).toEqual(failed);
  });

  test.each([
    ['loops', 'for (;;);'],
    ['waits for nothing', 'return new Promise(() => {});'],
  ])('that %s is ended when its budget is over, and called again', async (_, hang) => {
    const caller = moduleOf(`export default ({ hang }) => { if (hang) { ${hang} } };`, {
      budgetMs: 3_000,
    });
    expect(await call(caller, { hang: true })).toMatchObject({
      kind: 'failed',
      reason: 'it did not answer within 3000 ms',
    });
    expect(await call(caller)).toEqual({ kind: 'answered', text: '' });
  });

  test.each([
    ['is no JavaScript', 'export default (', 'it cannot be loaded: Unexpected'],
    ['exports no function', 'export const hook = 1;', 'its default export is no function'],
    ['ends while it is loaded', 'process.exit(2);', 'it ended its thread with exit code 2'],
  ])('that %s cannot be loaded', async (_, text, reason) => {
    const caller = moduleOf(text);
    const failed = { kind: 'failed', reason: expect.stringContaining(reason) as string };
    expect(await call(caller)).toMatchObject(failed);
    expect(await call(caller)).toMatchObject(failed);
  });

  test('may print, within bounds, and post where nobody reads', async () => {
    const prints: string[] = [];
    const caller = moduleOf(
      `import { parentPort } from 'node:worker_threads';
       export default async () => {
         parentPort.postMessage({ kind: 'answered', text: '{"action":"skip"}' });
         for (let n = 0; n < 100; n++) {
           console.log('line', n);
           await new Promise((done) => setImmediate(done));
         }
       };`,
      { printed: (text) => prints.push(text) },
    );
    expect(await call(caller)).toEqual({ kind: 'answered', text: '' });
    expect(await until(() => prints[0])).toContain('line 0');
    expect(prints.length).toBeLessThanOrEqual(20);
  });

  test('is given up when the daemon stops', async () => {
    const stop = new AbortController();
    const caller = moduleOf('export default () => new Promise(() => {});');
    const calls = [caller.call('{}', stop.signal), caller.call('{}', stop.signal)];
    stop.abort();
    expect(await Promise.all(calls)).toMatchObject([{ kind: 'aborted' }, { kind: 'aborted' }]);
  });
});

describe('a command', () => {
  test('is given the payload and prints its answer', async () => {
    const caller = commandOf(`
      let text = '';
      process.stdin.on('data', (chunk) => (text += chunk));
      process.stdin.on('end', () => {
        const { HOME, TEAM } = process.env;
        console.log(JSON.stringify({ n: JSON.parse(text).n, HOME, TEAM }));
      });
    `);
    const ends = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => call(caller, { n })));
    expect(ends).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => ({
        kind: 'answered',
        text: `{"n":${n},"TEAM":"blue"}\n`,
      })),
    );
  });

  test.each([
    ['process.exit(3)', 'it ended with exit code 3'],
    ['console.error("no way"); process.exit(1)', 'it ended with exit code 1: no way'],
    ['process.kill(process.pid, "SIGKILL")', 'it was ended by SIGKILL'],
    ['process.stdout.write("x".repeat(2 ** 21))', 'it printed 2097152 bytes, over 1048576'],
    ['process.stdout.write(Buffer.from([0xff, 0xfe]))', 'it printed bytes that are no UTF-8'],
  ])('that does %s has failed', async (text, reason) => {
    expect(await call(commandOf(text))).toMatchObject({ kind: 'failed', reason });
  });

  test('that hangs is ended when its budget is over, and keeps no turn', async () => {
    const caller = commandOf('setInterval(() => {}, 1000)', { budgetMs: 100 });
    const ends = await Promise.all([1, 2, 3, 4, 5, 6].map(() => call(caller)));
    expect(ends).toEqual(
      ends.map(() => ({ kind: 'failed', reason: 'it did not answer within 100 ms', over: true })),
    );
  });

  test('that is not there has failed', async () => {
    const processes = new SystemProcesses({ owner: 'hooktest', clock });
    const directory = makeFolder();
    const options = { processes, directory, environment: {}, budgetMs: PATIENT_MS, clock };
    const caller = new CommandCaller({ ...options, argv: ['no-such-program'] });
    expect(await call(caller)).toMatchObject({
      kind: 'failed',
      reason: 'it could not be started: not found',
    });
    expect(await caller.call('{}', AbortSignal.abort())).toEqual({ kind: 'aborted' });
    await processes.stop();
  });
});
