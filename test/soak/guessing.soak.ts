import { expect, test } from 'vitest';
import { digestOf } from '../../src/identity/token.ts';
import { randomText, seededRandom } from '../../src/std/random.ts';
import { Desk } from '../identity/desk.ts';
import { openApi } from '../server/api.ts';
import { guess } from '../server/guessing.ts';

const GUESSES = Number(process.env['GUESSES'] ?? 20_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 400);
/** How many guesses of a kind there are: all of them are one round. */
const EACH = 2_000;
/** Beyond this value of Welch's t a difference is taken to be real (as dudect does). */
const T_MAX = 4.5;

test(`${GUESSES} guesses within minutes are told to wait, all but ten a minute`, async () => {
  const api = await openApi();
  const since = performance.now();
  const { statuses, recorded } = await guess(api, GUESSES);
  const minutes = Math.ceil((performance.now() - since) / 60_000) + 1;
  expect(statuses.get(401)).toBeLessThanOrEqual(10 * minutes);
  expect((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0)).toBe(GUESSES);
  expect(recorded).toBeLessThanOrEqual(11 * minutes);
});

test('guesses that are right but for their end take as long as any other', async () => {
  const desk = await Desk.open();
  const { secret } = await desk.create('ci', 'operator');
  for (let i = 0; i < 900; i++) await desk.create(`t${i}`, 'viewer');
  // Many of either kind: how long one digest takes to find depends on where it lies in a table.
  const guesses = (kept: number): string[] =>
    Array.from({ length: EACH }, () => secret.slice(0, kept) + randomText(secret.length - kept));
  const near = guesses(secret.length - 4);
  const far = guesses('sbt_'.length);
  const times = timesOf(desk, [near, far]);
  expect(Math.abs(welch(...times))).toBeLessThan(T_MAX);
});

/** How long either kind takes, in rounds that take turns in an order by chance. */
function timesOf(desk: Desk, kinds: readonly [string[], string[]]): [number[], number[]] {
  const random = seededRandom(1);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS * 2; round++) {
    const which = random() < 0.5 ? 0 : 1;
    const begin = performance.now();
    for (const guessed of kinds[which]) {
      desk.identity.identify({ kind: 'token', digest: digestOf(guessed) });
    }
    times[which].push(performance.now() - begin);
  }
  return [calm(times[0]), calm(times[1])];
}

/** Without the slowest fifth, in which the machine did something else. */
function calm(times: readonly number[]): number[] {
  return times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length * 0.8));
}

function welch(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [momentsOf(a), momentsOf(b)];
  return (first.mean - second.mean) / Math.sqrt(first.error + second.error);
}

function momentsOf(times: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const square = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return { mean, error: square / (times.length - 1) / times.length };
}
