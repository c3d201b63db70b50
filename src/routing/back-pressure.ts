import type { QueueOverflow } from '../flows/flow.ts';
import { systemRandom } from '../std/random.ts';
import type { Store } from '../store/contract.ts';
import { Capacity, type CapacityOptions } from './capacity.ts';
import { ChainBudgets, type LoopBudget } from './chain-budget.ts';
import { SourceQuotas, type SourceQuotasOptions } from './source-quotas.ts';
import { StartGate } from './start-gate.ts';

export interface BackPressureOptions extends Omit<CapacityOptions, 'store' | 'rules' | 'random'> {
  readonly store: Store;
  /** The sources in force. */
  readonly sourcesInForce: SourceQuotasOptions['inForce'];
  /** As the user wrote them. */
  readonly settings: {
    readonly queue_limit: number;
    readonly queue_overflow: QueueOverflow;
    readonly loop_budget: LoopBudget;
  };
}

/** What keeps an engine from more than it can do: at the door, and where runs are started. */
export interface BackPressure {
  readonly capacity: Capacity;
  readonly gate: StartGate;
  readonly quotas: SourceQuotas;
}

/** Makes both ends of it over the same counts of what waits. */
export function openBackPressure(options: BackPressureOptions): BackPressure {
  const { store, settings, queued } = options;
  const rules = { limit: settings.queue_limit, overflow: settings.queue_overflow };
  const chains = new ChainBudgets(settings.loop_budget);
  const random = systemRandom;
  const quotas = new SourceQuotas({ ...options, inForce: options.sourcesInForce, rules, random });
  const gate = new StartGate({ identity: store.identity, queued, rules, chains, quotas });
  return { capacity: new Capacity({ ...options, rules, random }), gate, quotas };
}
