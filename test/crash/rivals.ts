import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { type Child, makeFolder, type Ready, start } from '../cli/signalbox.ts';
import { readinessOf } from './readiness.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const DATA_LOCKED = 75;
/** What the way to a refusal may take more than the way to being ready. */
const REFUSAL_MS_MAX = allowedMs(1_000);

/** How a daemon's start ended, and how long that took. */
type Start =
  | {
      readonly kind: 'ready';
      readonly child: Child;
      readonly ready: Ready;
      readonly tookMs: number;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly tookMs: number };

interface Refusal {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts daemons in pairs, on new data directories and on used ones by turns: one of each pair is
 * ready, and the other names it. So does a third that comes while the first is stopped.
 *
 * Resolves to the longest time, in milliseconds, from a start to its refusal.
 */
export async function expectOneOfEachPair(pairs: number): Promise<number> {
  let tookMsMax = 0;
  let folder = '';
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
    const both = await Promise.all([startOne(folder), startOne(folder)]);
    const [winner, ...more] = both.filter((each) => each.kind === 'ready');
    expect(more).toEqual([]);
    if (winner === undefined) throw new Error(`both were refused: ${JSON.stringify(both)}`);
    winner.child.kill('SIGSTOP');
    const refusals = [...both, await startOne(folder)].filter((each) => each.kind === 'refused');
    expect(refusals).toHaveLength(2);
    for (const { refusal, tookMs } of refusals) {
      expectNamed(refusal, winner.ready);
      expect(tookMs).toBeLessThan(2 * winner.tookMs + REFUSAL_MS_MAX);
      tookMsMax = Math.max(tookMsMax, tookMs);
    }
    winner.child.kill('SIGKILL');
    await once(winner.child, 'exit');
  }
  return tookMsMax;
}

async function startOne(folder: string): Promise<Start> {
  const child = start(folder, ['up', '--port', '0']);
  const started = performance.now();
  const end = await Promise.race([readinessOf(child), refusalOf(child)]);
  const tookMs = performance.now() - started;
  return 'pid' in end
    ? { kind: 'ready', child, ready: end, tookMs }
    : { kind: 'refused', refusal: end, tookMs };
}

async function refusalOf(child: Child): Promise<Refusal> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const stderr = await text(child.stderr);
  const [code] = await exit;
  return { code, stdout: String(child.stdout.read() ?? ''), stderr };
}

function expectNamed({ code, stdout, stderr }: Refusal, { pid }: Ready): void {
  expect(stderr).toMatch(new RegExp(`\\bprocess ${pid}\\b.*Stop it, or choose another`, 's'));
  expect({ code, stdout }).toEqual({ code: DATA_LOCKED, stdout: '' });
}
