import { Capacity, type CapacityOptions } from './capacity.ts';
import { ChainBudgets, type LoopBudget } from './chain-budget.ts';
import { QueueCount } from './queue-count.ts';
import { StartGate } from './start-gate.ts';
import type { Store } from '../store/contract.ts';

export interface BackPressureOptions extends Omit<CapacityOptions, 'queue' | 'store'> {
  readonly store: Store;
  readonly loopBudget: LoopBudget;
}

/** What keeps an engine from more than it can do: at the door, and where runs are started. */
export interface BackPressure {
  readonly capacity: Capacity;
  readonly gate: StartGate;
}

/** Makes both ends of it over one count of what waits. */
export function openBackPressure(options: BackPressureOptions): BackPressure {
  const { store, rules, loopBudget } = options;
  const queue = new QueueCount(options);
  const chains = new ChainBudgets(loopBudget);
  const gate = new StartGate({ identity: store.identity, queue, rules, chains });
  return { capacity: new Capacity({ ...options, queue }), gate };
}
