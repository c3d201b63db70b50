import type { Flow } from '../flows/flow.ts';
import { eventLetter } from '../runs/letter.ts';
import type { EventWrite, LogIdentity, LogRecord, Write } from '../store/contract.ts';
import { correlationOf, ownRecord } from '../store/record.ts';
import type { ChainBudgets } from './chain-budget.ts';
import { letterHops } from './match.ts';
import { asksQueue, type OverflowRules, startOverflow } from './overflow.ts';
import type { QueueCount } from './queue-count.ts';

/** A start that an event asks for. */
export interface AskedStart {
  readonly event: LogRecord;
  readonly flow: Flow;
  /** Whether it finds no slot, so that its run would be queued. */
  readonly queues: boolean;
}

/** Why it does not come about. */
export interface RefusedStart {
  /** `dropped` as a policy of the user says, or a dead letter. */
  readonly became: 'dropped' | 'dead_lettered';
  readonly code: 'queue.full' | 'chain.budget';
  /** A sentence. */
  readonly reason: string;
}

export interface StartGateOptions {
  readonly identity: LogIdentity;
  readonly queue: QueueCount;
  readonly rules: OverflowRules;
  readonly chains: ChainBudgets;
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

  /** Starts of these flows wait for a slot: if they wait in vain, the queue has just been counted. */
  expectQueueing(flows: readonly Flow[]): void {
    const { queue, rules } = this.#options;
    if (flows.some((flow) => asksQueue(flow, rules))) void queue.recount();
  }

  /** Counts the start, or says why it does not come about. */
  refusal({ event, flow, queues }: AskedStart): RefusedStart | undefined {
    const { queue, rules, chains, identity } = this.#options;
    const full = queues ? startOverflow(flow, () => queue.of(flow.name), rules) : undefined;
    if (full !== undefined) {
      const became = full.overflow === 'drop' ? 'dropped' : 'dead_lettered';
      return { became, code: 'queue.full', reason: full.reason };
    }
    const { hops, received } = event;
    const reason = chains.spend({ correlation: correlationOf(event, identity), hops, received });
    if (reason !== undefined) return { became: 'dead_lettered', code: 'chain.budget', reason };
    if (queues) queue.add(flow.name);
    return undefined;
  }

  /** Takes back what was counted of runs that will not be born. */
  release(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind !== 'open') continue;
      const { correlation, hops, flow, state } = write.row;
      this.#options.chains.giveBack({ correlation, hops: hops - 1 });
      if (state === 'queued') this.#options.queue.remove(flow);
    }
  }

  /** The record of a refusal, which stands in one unit with the router's place. */
  record(
    { became, code, reason }: RefusedStart,
    { event, flow }: Pick<AskedStart, 'event' | 'flow'>,
    received: number,
  ): EventWrite {
    const said = { event: event.seq, flow: flow.name, code, reason };
    const cause = {
      correlation: correlationOf(event, this.#options.identity),
      causation: event.seq,
      hops: letterHops(event),
    };
    const record = ownRecord(`event.${became}`, JSON.stringify(said), received, cause);
    if (became === 'dropped') return { kind: 'event', record };
    return { kind: 'event', record, letter: eventLetter(said) };
  }
}
