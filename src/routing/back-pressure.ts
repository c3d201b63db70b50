import type { Store } from '../store/contract.ts';
import { Capacity, type CapacityOptions } from './capacity.ts';
import { ChainBudgets, type LoopBudget } from './chain-budget.ts';
import { StartGate } from './start-gate.ts';

export interface BackPressureOptions extends Omit<CapacityOptions, 'store'> {
  readonly store: Store;
  readonly loopBudget: LoopBudget;
}

/** What keeps an engine from more than it can do: at the door, and where runs are started. */
export interface BackPressure {
  readonly capacity: Capacity;
  readonly gate: StartGate;
}

/** Makes both ends of it over the same count of what waits. */
export function openBackPressure(options: BackPressureOptions): BackPressure {
  const { store, rules, loopBudget, queued } = options;
  const chains = new ChainBudgets(loopBudget);
  const gate = new StartGate({ identity: store.identity, queued, rules, chains });
  return { capacity: new Capacity(options), gate };
}
