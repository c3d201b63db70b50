import { describe, expect, test } from 'vitest';
import type { Flow, QueueLimit, QueueOverflow } from '../../src/flows/flow.ts';
import {
  type Load,
  overload,
  type QueuedRuns,
  STALLED_MS,
  startOverflow,
} from '../../src/routing/overflow.ts';
import { listens } from './station.ts';

const MIB = 1_048_576;
const idle: Load = { depth: 0, oldestMs: 0, space: undefined };

describe('an event from outside', () => {
  test.each<readonly [Partial<Load>, QueueOverflow, ReturnType<typeof overload>]>([
    [{ depth: 9 }, 'error', undefined],
    [{ depth: 10 }, 'error', 'queue_full'],
    [{ depth: 1_000_000 }, 'queue', undefined],
    [{ depth: 1_000_000 }, 'drop', undefined],
    [{ oldestMs: STALLED_MS - 1 }, 'queue', undefined],
    [{ oldestMs: STALLED_MS }, 'queue', 'queue_stalled'],
    [{ oldestMs: STALLED_MS }, 'drop', 'queue_stalled'],
    [{ oldestMs: STALLED_MS, depth: 10 }, 'error', 'queue_stalled'],
    [{ space: { free: 64 * MIB - 1, all: 2_000 * MIB } }, 'queue', 'disk_full'],
    [{ space: { free: 64 * MIB, all: 2_000 * MIB } }, 'queue', undefined],
    [{ space: { free: 5 * MIB - 1, all: 100 * MIB } }, 'queue', 'disk_full'],
    [{ space: { free: 5 * MIB, all: 100 * MIB } }, 'queue', undefined],
    [{ space: { free: 0, all: 100 * MIB }, depth: 10 }, 'error', 'disk_full'],
  ])('with %j and "%s" is refused as %s', (load, overflow, reason) => {
    expect(overload({ ...idle, ...load }, { limit: 10, overflow })).toBe(reason);
  });
});

describe('a start without a slot', () => {
  const plain = listens('a', 'x');
  const own = (queue: QueueLimit): Flow => ({ ...plain, queue });

  test.each<readonly [Flow, QueueOverflow, QueuedRuns, string | undefined]>([
    [plain, 'queue', { all: 99, ofFlow: 99 }, undefined],
    [plain, 'error', { all: 99, ofFlow: 99 }, undefined],
    [plain, 'drop', { all: 9, ofFlow: 9 }, undefined],
    [plain, 'drop', { all: 10, ofFlow: 0 }, 'drop'],
    [own({ limit: 2 }), 'queue', { all: 99, ofFlow: 99 }, undefined],
    [own({ limit: 2 }), 'drop', { all: 99, ofFlow: 1 }, undefined],
    [own({ limit: 2 }), 'drop', { all: 2, ofFlow: 2 }, 'drop'],
    [own({ limit: 2 }), 'error', { all: 2, ofFlow: 2 }, 'error'],
    [own({ overflow: 'drop' }), 'queue', { all: 10, ofFlow: 9 }, undefined],
    [own({ overflow: 'drop' }), 'error', { all: 10, ofFlow: 10 }, 'drop'],
    [own({ overflow: 'queue' }), 'drop', { all: 99, ofFlow: 99 }, undefined],
    [own({ limit: 1, overflow: 'error' }), 'drop', { all: 1, ofFlow: 1 }, 'error'],
  ])('of %j under "%s" with %j: %s', (flow, overflow, queued, then) => {
    expect(startOverflow(flow, () => queued, { limit: 10, overflow })?.overflow).toBe(then);
  });

  test('names the limit that it met', () => {
    const full = (): QueuedRuns => ({ all: 10, ofFlow: 10 });
    const rules = { limit: 10, overflow: 'drop' } as const;
    expect(startOverflow(plain, full, rules)?.reason).toBe(
      'As many runs wait: "queue_limit" is 10.',
    );
    expect(startOverflow(own({ limit: 3 }), full, rules)?.reason).toBe(
      'As many runs wait: "queue_limit" of flow "a" is 3.',
    );
  });

  test('does not ask how many wait where that makes no difference', () => {
    const asked = (): never => {
      throw new Error('asked');
    };
    expect(startOverflow(plain, asked, { limit: 1, overflow: 'queue' })).toBeUndefined();
    expect(startOverflow(plain, asked, { limit: 1, overflow: 'error' })).toBeUndefined();
  });
});
