import type { EventDraft, Trust } from '../events/event.ts';
import type { Clock } from '../std/clock.ts';
import { delay } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Guarded, LogDoor, RememberedChange } from './door.ts';
import type { Cursor, Offered, SourceBatch, SourceEvent } from './source.ts';

/** How many cursors are read at once. */
const PAGE = 1_000;
/** How soon a source asks again of whose events too many wait: to ask costs next to nothing. */
const HELD_MS = 200;

/** Whose events a recorder records, and whom it tells. */
export interface RecorderOptions {
  readonly source: string;
  readonly trust: Trust;
  readonly door: LogDoor;
  /** Takes what is secret out of the data of each event. */
  readonly guard?: ((data: string) => Guarded) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the source is stopped. */
  readonly stopping: AbortSignal;
  /** Told of each batch with an event, once it is durable. */
  readonly onRecorded: () => void;
  /** Told each time that too much of the source waits already for what it has to say. */
  readonly onHeld: () => void;
  /** Told each time that what it had to say was taken in. */
  readonly onLetIn: () => void;
}

/** Puts what one source says into the log, under its name. */
export class Recorder {
  readonly #options: RecorderOptions;
  #waitingSince: number | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** For how long what it says has been waiting for room in the log, in milliseconds. */
  get lagMs(): number {
    const { clock } = this.#options;
    return this.#waitingSince === undefined ? 0 : clock.monotonic() - this.#waitingSince;
  }

  /** As `SourceContext.record`. */
  async record({ events, cursors = [], notes = [] }: SourceBatch): Promise<void> {
    const { source, logger } = this.#options;
    const guarded = events.map((event) => this.#guarded(event));
    const drafts = guarded.map(({ draft }) => draft);
    const sealed = guarded.flatMap((each) => each.cursors);
    const changes = [...cursors.map((cursor) => ({ source, ...cursor })), ...unique(sealed)];
    const said = notes.map((note) => ({ source, ...note }));
    const result = await this.#admit(drafts, changes, said);
    if (result.kind === 'invalid') throw new SignalboxError('source.event_invalid', result.problem);
    if (result.kind === 'conflict') {
      logger.warn('an event was recorded before with other content', { source, id: result.id });
    }
    const known = result.kind === 'conflict' || (result.kind === 'accepted' && result.duplicate);
    // Refused as a whole, the batch has not moved its cursors.
    if (known && changes.length > 0) await this.#admit([], changes);
  }

  /** As `SourceContext.offer`. */
  async offer(event: SourceEvent): Promise<Offered> {
    const { door, stopping, onRecorded } = this.#options;
    if (stopping.aborted) return { kind: 'refused', reason: 'stopping', retryAfterMs: 1_000 };
    const { draft, cursors } = this.#guarded(event);
    const result = await door.admit([draft], cursors);
    if (isNew(result)) onRecorded();
    return result;
  }

  /** As `SourceContext.remembered`. */
  async *remembered(): AsyncGenerator<Cursor> {
    const { door, source } = this.#options;
    let after: string | undefined;
    for (;;) {
      const page = await door.remembered(source, after, PAGE);
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1)?.key;
    }
  }

  /** Waits for room. */
  async #admit(
    drafts: readonly EventDraft[],
    changes: Parameters<LogDoor['admit']>[1],
    notes: Parameters<LogDoor['admit']>[2] = [],
  ): Promise<Exclude<Offered, { kind: 'refused' }>> {
    const { door, clock, stopping, onRecorded, onHeld, onLetIn } = this.#options;
    for (;;) {
      if (stopping.aborted) throw stopped(this.#options.source);
      const result = await door.admit(drafts, changes, notes);
      if (result.kind !== 'refused') {
        this.#waitingSince = undefined;
        if (drafts.length > 0) onLetIn();
        if (drafts.length > 0 && isNew(result)) onRecorded();
        return result;
      }
      this.#waitingSince ??= clock.monotonic();
      const isHeld = result.reason === 'source_full';
      if (isHeld) onHeld();
      await delay(clock, isHeld ? HELD_MS : result.retryAfterMs, stopping);
    }
  }

  #guarded(event: SourceEvent): {
    readonly draft: EventDraft;
    readonly cursors: readonly RememberedChange[];
  } {
    const { source, trust, guard } = this.#options;
    const { data, cursors } = guard?.(event.data) ?? { data: event.data, cursors: [] };
    return { draft: { trust, ...event, data, source }, cursors };
  }
}

/** Several events may have brought the same secret. */
function unique(changes: readonly RememberedChange[]): readonly RememberedChange[] {
  return [...new Map(changes.map((change) => [change.key, change])).values()];
}

function isNew(result: Offered): boolean {
  return result.kind === 'accepted' && !result.duplicate;
}

function stopped(source: string): SignalboxError {
  return new SignalboxError('source.stopped', `The source ${source} is being stopped.`);
}
