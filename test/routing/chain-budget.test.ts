import { describe, expect, test } from 'vitest';
import { ChainBudgets, CHAINS_MAX, type ChainStart } from '../../src/routing/chain-budget.ts';

function start(fields: Partial<ChainStart> = {}): ChainStart {
  return { correlation: 'c', hops: 2, received: 0, ...fields };
}

describe('the budget of a chain', () => {
  test('lets so many starts through and no more, whatever their depth', () => {
    const chains = new ChainBudgets({ runs: 3, time: 1_000 });
    const spent = [2, 9, 2, 31, 2].map((hops) => chains.spend(start({ hops })) === undefined);
    expect(spent).toEqual([true, true, true, false, false]);
    expect(chains.spend(start())).toBe(
      'The chain of causes has started 3 runs, and "loop_budget" allows runs: 3; ' +
        'it is taken for a loop.',
    );
  });

  test('ends with its time, counted from its first start on', () => {
    const chains = new ChainBudgets({ runs: 100, time: 1_000 });
    expect(chains.spend(start({ received: 5_000 }))).toBeUndefined();
    expect(chains.spend(start({ received: 5_999 }))).toBeUndefined();
    expect(chains.spend(start({ received: 6_000 }))).toContain('has gone on for 1000 ms');
  });

  test('is its own: other chains have theirs', () => {
    const chains = new ChainBudgets({ runs: 1, time: 1_000 });
    chains.spend(start());
    expect(chains.spend(start({ correlation: 'd' }))).toBeUndefined();
    expect(chains.spend(start())).toBeDefined();
  });

  test('is not touched by what the root itself and its own runs start', () => {
    const chains = new ChainBudgets({ runs: 1, time: 1_000 });
    for (let n = 0; n < 50; n++) {
      expect(chains.spend(start({ hops: n % 2 }))).toBeUndefined();
    }
    expect(chains.spend(start())).toBeUndefined();
  });

  test('gets back what has not come about, and no more than was spent', () => {
    const chains = new ChainBudgets({ runs: 1, time: 1_000 });
    chains.giveBack({ correlation: 'c', hops: 2 });
    chains.spend(start());
    chains.giveBack({ correlation: 'c', hops: 0 });
    expect(chains.spend(start())).toBeDefined();
    for (let n = 0; n < 3; n++) chains.giveBack({ correlation: 'c', hops: 2 });
    expect(chains.spend(start())).toBeUndefined();
    expect(chains.spend(start())).toBeDefined();
  });

  test('is forgotten of the chain that rested for longest, so memory is bounded', () => {
    const chains = new ChainBudgets({ runs: 1, time: 1_000 });
    for (let n = 0; n < CHAINS_MAX; n++) chains.spend(start({ correlation: `c${n}` }));
    expect(chains.spend(start({ correlation: 'c0' }))).toBeDefined();
    chains.spend(start({ correlation: 'one more' }));
    expect(chains.spend(start({ correlation: 'c1' }))).toBeDefined();
    expect(chains.spend(start({ correlation: 'c0' }))).toBeUndefined();
  });
});
