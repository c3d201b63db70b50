import { hash } from 'node:crypto';
import type { DedupeKey, EventWrite } from '../store/contract.ts';
import type { Emission } from './step-kind.ts';

/** The type of an event by which a call says that it has failed. */
export const ERROR_TYPE = 'error';

/** An event that is recorded as a run's. */
export interface ToldEvent {
  readonly seq: number;
  readonly type: string;
}

/** What is recorded as a run's while one of its calls is under way. */
export interface Hearing {
  /** What the call's command has sent, oldest first. */
  readonly events: readonly ToldEvent[];
  /**
   * Records events at once and not with the step's end, each once however often the step is tried,
   * and resolves when they are durable; undefined where one of them cannot be recorded.
   */
  tell(emissions: readonly Emission[]): Promise<readonly ToldEvent[] | undefined>;
  /** Nobody listens any more. */
  end(): void;
}

interface Open {
  readonly events: ToldEvent[];
  failed: boolean;
}

/**
 * The calls under way that want to know what their commands send: by the runs whose tokens these
 * have. It is in memory alone, since no command outlives its daemon.
 */
export class Tellings {
  readonly #open = new Map<number, Open>();

  /** Listens to what is sent as a run's, until `end`. */
  begin(run: number): Omit<Hearing, 'tell'> {
    const open: Open = { events: [], failed: false };
    this.#open.set(run, open);
    return {
      events: open.events,
      end: () => {
        if (this.#open.get(run) === open) this.#open.delete(run);
      },
    };
  }

  /**
   * Whether a run may still send an event. One of the type `error` is the last: what a call that
   * has failed says after it starts nothing.
   */
  mayTell(run: number, type: string): boolean {
    const open = this.#open.get(run);
    if (open === undefined) return true;
    if (open.failed) return false;
    open.failed = type === ERROR_TYPE;
    return true;
  }

  /** An event of a run is durable. */
  told(run: number, event: ToldEvent): void {
    this.#open.get(run)?.events.push(event);
  }
}

const KEY_LENGTH = 22;

/**
 * The writes of events that a step tells, each under a key of its own: the first of its type, the
 * second, and so on. Who tries the step again tells the same events again.
 */
export function keyedWrites(step: string, writes: readonly EventWrite[]): EventWrite[] {
  const counts = new Map<string, number>();
  return writes.map((write) => {
    const { type } = write.record;
    const number = (counts.get(type) ?? 0) + 1;
    counts.set(type, number);
    return { ...write, dedupe: toldKey(step, type, number) };
  });
}

function toldKey(step: string, type: string, number: number): DedupeKey {
  const text = JSON.stringify(['told', step, type, number]);
  const key = hash('sha256', text, 'base64').slice(0, KEY_LENGTH);
  return { key, digest: key };
}
