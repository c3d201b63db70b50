import { describe, expect, test } from 'vitest';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { HttpOutcome } from '../../src/steps/http-client.ts';
import { HttpPools } from '../../src/steps/http-pools.ts';

const url = new URL('https://api.example.test/things');

function answered(status: number, where = url): HttpOutcome {
  const answer = {
    kind: 'answer',
    status,
    headers: {},
    body: Buffer.of(),
    complete: true,
  } as const;
  return { ...answer, url: where, acted: false };
}

function comeBack(afterMs?: number): StepResult {
  const error = { code: 'http.status', message: 'busy', happened: 'no' } as const;
  return { kind: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) };
}

describe('a host that takes no requests for now', () => {
  test('is not asked before its time, by whomever', () => {
    const pools = new HttpPools();
    pools.note(answered(429), comeBack(30_000), 1_000);
    expect(pools.parked(new URL('https://api.example.test/other'), 1_000)).toEqual({
      kind: 'park',
      until: 31_000,
      reason: 'https://api.example.test takes no requests for 30 s, as it told another step',
    });
    expect(pools.parked(new URL('https://example.test/things'), 1_000)).toBeUndefined();
    expect(pools.parked(url, 31_000)).toBeUndefined();
    expect(pools.parked(url, 1_000)).toBeUndefined();
  });

  test('is left alone for as long as it says at the most', () => {
    const pools = new HttpPools();
    pools.note(answered(503), comeBack(30_000), 1_000);
    pools.note(answered(503), comeBack(10_000), 1_000);
    expect(pools.parked(url, 2_000)).toMatchObject({ until: 31_000 });
  });

  test.each([
    ['says nothing of a time', answered(429), comeBack()],
    ['says that it is free', answered(429), comeBack(0)],
    ['means this request only', answered(408), comeBack(5_000)],
    ['has done what it was asked', answered(200), { kind: 'done', output: null } as const],
  ])('is asked where it %s', (_, outcome, result) => {
    const pools = new HttpPools();
    pools.note(outcome, result, 1_000);
    expect(pools.parked(url, 1_000)).toBeUndefined();
  });

  test('is forgotten first where it is free first, of more than can be remembered', () => {
    const pools = new HttpPools();
    const hostAt = (n: number): URL => new URL(`https://h${n}.example.test/`);
    for (let n = 0; n <= 1_000; n++) pools.note(answered(429, hostAt(n)), comeBack(1_000 + n), 0);
    expect(pools.parked(hostAt(0), 0)).toBeUndefined();
    expect(pools.parked(hostAt(1), 0)).toBeDefined();
    expect(pools.parked(hostAt(1_000), 0)).toBeDefined();
  });
});
