import type { Attribution } from '../events/attribution.ts';
import { asAmended } from '../runs/amended.ts';
import {
  directedReplay,
  type ReplayPlace,
  replayProblem,
  replayRecord,
} from '../runs/replay-record.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Admission, Doorkeeper } from './admission.ts';
import type { Catalogs } from './catalogs.ts';
import { type FlowIndex, type Match, takes } from './match.ts';
import { planRecord } from './plan.ts';

export interface ReplaysOptions {
  readonly store: Pick<Store, 'identity' | 'checkpoint' | 'read'>;
  readonly catalogs: Pick<Catalogs, 'at'>;
  readonly door: Doorkeeper;
  readonly time: EngineTime;
}

/** Which event is replayed, and for whom. */
export interface Replay extends Attribution {
  readonly event: LogRecord;
  /** Where given: only this flow is to have it, if it wants it. */
  readonly flow?: string | undefined;
}

/** What became of a replay. */
export type Replayed =
  | Admission
  /** Nothing was recorded: the flow is not there, or does not want the event. */
  | { readonly kind: 'unwanted'; readonly reason: string };

/** Lets recorded events come once more, to the flows that are in force now. */
export class Replays {
  readonly #options: ReplaysOptions;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /**
   * What a replay would mean to each flow in force, or to the one, unless hooks say something else
   * of it than they said of the event; changes nothing.
   */
  async preview(event: LogRecord, flow?: string): Promise<readonly Match[]> {
    const { store, catalogs } = this.#options;
    const { index } = await catalogs.at(Number.POSITIVE_INFINITY);
    const matches = replayMatches(await this.#seen(event), index, store.identity);
    return flow === undefined ? matches : matches.filter((match) => match.flow.name === flow);
  }

  /** Resolves when the replay is durable, or says why it is not. */
  async replay({ event, flow, ...by }: Replay): Promise<Replayed> {
    const { door } = this.#options;
    const problem = replayProblem(event);
    if (problem !== undefined) return { kind: 'invalid', problem };
    if (flow === undefined) return door.admitAgain(replayRecord(event, this.#place(), by));
    const [match] = await this.preview(event, flow);
    if (match === undefined || !takes(match))
      return { kind: 'unwanted', reason: unwanted(flow, match) };
    const seen = await this.#seen(event);
    return door.admitAgain(directedReplay(seen, { flow, ...by }, this.#place()));
  }

  /** The event with the data that flows saw: hooks are not asked about what one flow has again. */
  async #seen(event: LogRecord): Promise<LogRecord> {
    return (await asAmended(this.#options.store, [event]))[0] ?? event;
  }

  #place(): ReplayPlace {
    const { store, time } = this.#options;
    return { identity: store.identity, received: time.now() };
  }
}

/** A replay begins a chain of its own, so that it is no longer than one cause. */
function replayMatches(
  event: LogRecord,
  index: FlowIndex,
  identity: Store['identity'],
): readonly Match[] {
  return planRecord(
    { ...event, ...replayRecord(event, { identity, received: 0 }) },
    index,
    identity,
  );
}

function unwanted(flow: string, match: Match | undefined): string {
  const name = `Flow "${flow}"`;
  if (match?.kind === 'filtered') return `${name} filters this event: ${match.where}.`;
  if (match?.kind === 'dead')
    return `${name} cannot tell whether it wants this event: ${match.reason}`;
  return `${name} does not listen to this event.`;
}
