import { describe, expect, test } from 'vitest';
import { flowOfLane, laneOf, rulesOf } from '../../src/runs/lane.ts';
import { branchLane } from '../../src/runs/lane-names.ts';
import { keyOf, limited } from './lanes-model.ts';
import { noScope, scopeOf } from './pieces.ts';

const order = keyOf('repo');
const concurrency = { key: keyOf('branch'), limit: 2, onFull: 'queue' } as const;
const throttle = { key: keyOf('user'), limit: 3, perMs: 1_000 };

describe('the lane of a run', () => {
  test('is its flow’s name where no limit has a key, which nobody looks for', () => {
    expect(laneOf(limited('deploy'), noScope)).toBe('deploy');
    const flow = limited('deploy', { concurrency: { limit: 1, onFull: 'queue' }, priority: 3 });
    expect(laneOf(flow, noScope)).toBe('deploy');
  });

  test('names the values of the keys in their order, null where there is none', () => {
    const scope = scopeOf({ repo: 'api', branch: 'main', user: 'ada' });
    const all = limited('deploy', { order, concurrency, throttle });
    expect(laneOf(all, () => scope)).toBe('deploy ["api","main","ada"]');
    expect(laneOf(limited('deploy', { throttle }), () => scope)).toBe('deploy [null,null,"ada"]');
  });

  test('knows a long value by its digest', () => {
    const lane = laneOf(limited('deploy', { order }), () => scopeOf({ repo: 'x'.repeat(10_000) }));
    expect(lane).toMatch(/^deploy \["[0-9a-f]{64}",null,null\]$/);
    const other = laneOf(limited('deploy', { order }), () => scopeOf({ repo: 'x'.repeat(9_999) }));
    expect(other).not.toBe(lane);
  });

  test('tells whose it is', () => {
    expect(flowOfLane('deploy')).toBe('deploy');
    expect(flowOfLane('deploy ["a b",null,null]')).toBe('deploy');
    expect(flowOfLane(branchLane('deploy'))).toBe('deploy');
  });
});

describe('the rules of a lane', () => {
  const flow = limited('deploy', { order, concurrency, throttle, priority: 2, queueMs: 5_000 });

  test('are its flow’s limits, each with a name that lanes with the same value share', () => {
    const rules = rulesOf('deploy ["api","main","ada"]', flow);
    expect(rules).toEqual({
      priority: 2,
      queueMs: 5_000,
      limits: [
        { kind: 'open', name: '["order","deploy","api"]' },
        { kind: 'rate', name: '["throttle","deploy","ada"]', limit: 3, perMs: 1_000 },
        { kind: 'running', name: '["concurrency","deploy","main"]', limit: 2, onFull: 'queue' },
      ],
    });
    const other = rulesOf('deploy ["web","main","bob"]', flow);
    expect(other.limits[2]).toEqual(rules.limits[2]);
    expect(other.limits[0]).not.toEqual(rules.limits[0]);
  });

  test('hold without a key for all of the flow', () => {
    const simple = limited('deploy', { concurrency: { limit: 1, onFull: 'drop' } });
    const [limit] = rulesOf('deploy', simple).limits;
    expect(limit).toMatchObject({ kind: 'running', name: '["concurrency","deploy",null]' });
  });

  test('are none for branches, and none of a flow that is gone', () => {
    const patient = { priority: 2, queueMs: undefined, limits: [] };
    expect(rulesOf(branchLane('deploy'), flow)).toEqual(patient);
    const gone = { priority: 0, queueMs: undefined, limits: [] };
    expect(rulesOf('deploy ["api","main","ada"]', undefined)).toEqual(gone);
  });

  test('leave out a limit that had no key, or had one, when the lane was named', () => {
    expect(rulesOf('deploy', flow).limits).toEqual([]);
    const keyless = limited('deploy', { concurrency: { limit: 1, onFull: 'queue' } });
    expect(rulesOf('deploy ["api","main",null]', keyless).limits).toEqual([]);
    expect(rulesOf('deploy ["api",null,null]', keyless).limits).toHaveLength(1);
  });
});
