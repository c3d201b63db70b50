import type { Flow } from '../flows/flow.ts';
import { namedFlow } from '../runs/named-start.ts';
import type { LogIdentity, LogRecord, Write } from '../store/contract.ts';
import { correlationOf } from '../store/record.ts';
import type { ChainBudgets } from './chain-budget.ts';
import { type OverflowRules, type QueuedRuns, startOverflow } from './overflow.ts';
import type { SourceQuotas } from './source-quotas.ts';

/** A start that an event asks for. */
export interface AskedStart {
  readonly event: LogRecord;
  readonly flow: Flow;
  /** Whether it finds no slot, so that its run would be queued. */
  readonly queues: boolean;
  /** Whether its flow has slots of its own, which nobody who floods may keep it from. */
  readonly isExpress: boolean;
}

/** Why it does not come about. */
export interface RefusedStart {
  /** `dropped` as a policy of the user says, or a dead letter. */
  readonly became: 'dropped' | 'dead_lettered';
  readonly code: 'queue.full' | 'lane.full' | 'chain.budget';
  /** A sentence. */
  readonly reason: string;
  /** Whose events it is that too many wait of. */
  readonly source?: string | undefined;
}

export interface StartGateOptions {
  readonly identity: LogIdentity;
  /** How many runs of a flow, and of all, wait for a slot. */
  readonly queued: (flow: string) => QueuedRuns;
  readonly rules: OverflowRules;
  readonly chains: ChainBudgets;
  /** Without them no source has a limit of its own. */
  readonly quotas?: Pick<SourceQuotas, 'refusal' | 'plan' | 'unplan'> | undefined;
}

/**
 * Lets starts through, as far as the queue has room and their chain of causes its budget. What it
 * says depends on more than the log, so each refusal is a record.
 */
export class StartGate {
  readonly #options: StartGateOptions;

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** Counts the start, or says why it does not come about. */
  refusal({ event, flow, queues, isExpress }: AskedStart): RefusedStart | undefined {
    const { queued, rules, chains, identity, quotas } = this.#options;
    // Who starts a flow by its name, such as a person, has not come in a flood.
    const mayFind = queues && namedFlow(event) === undefined;
    const full = mayFind ? startOverflow(flow, () => queued(flow.name), rules) : undefined;
    if (full !== undefined) {
      const became = full.overflow === 'drop' ? 'dropped' : 'dead_lettered';
      return { became, code: 'queue.full', reason: full.reason };
    }
    const over = mayFind && !isExpress ? quotas?.refusal(event) : undefined;
    if (over !== undefined) {
      const source = event.source ?? undefined;
      return { became: 'dropped', code: 'queue.full', reason: over, source };
    }
    const { hops, received } = event;
    const reason = chains.spend({ correlation: correlationOf(event, identity), hops, received });
    if (reason === undefined) return undefined;
    return { became: 'dead_lettered', code: 'chain.budget', reason };
  }

  /** Counts a start that finds no slot: its run will wait. */
  queued(event: LogRecord): void {
    this.#options.quotas?.plan(event);
  }

  /** Takes back what was counted of runs that will not be born. */
  release(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind !== 'open') continue;
      const { correlation, hops, event, state } = write.row;
      if (state === 'queued') this.#options.quotas?.unplan(event);
      this.#options.chains.giveBack({ correlation, hops: hops - 1 });
    }
  }
}
