import { type Attribution, attributionOf } from '../events/attribution.ts';
import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import { escapeText, wellFormed } from '../std/escape.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import { Consumer } from '../store/consumer.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityRow, EntityWrite } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { type Cause, correlationOf, idOf, ownRecord } from '../store/record.ts';
import {
  escalate,
  evolveIncident,
  graver,
  type Incident,
  type IncidentEvent,
  isOpen,
  openedIncident,
} from './incident.ts';
import { incidentOf, incidentRow } from './incident-row.ts';
import { type Signal, SIGNAL_TYPES, signalOf, UNDELIVERABLE } from './incident-signals.ts';

/** What incidents are kept with. */
export interface IncidentBookOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a person says about an incident. */
export interface IncidentWord extends Attribution {
  readonly verb: 'ack' | 'resolve' | 'false-alarm';
  readonly note: string | null;
}

/** What came of it. */
export type WordTaken =
  | { readonly kind: 'taken'; readonly row: EntityRow }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** The name under which the place in the log is kept up to which incidents were made of it. */
const INCIDENTS = 'incidents';
const PAGE = 500;
/** How long it waits where something went wrong, such as a full disk. */
const RETRY_MS = 1_000;
const UNRECORDED = 'nothing was recorded, as the disk is full or somebody else keeps incidents';

interface Standing {
  readonly id: number;
  readonly version: number;
  readonly incident: Incident;
}

/**
 * Makes incidents of what the log says, and keeps those that are open. What it makes of a record
 * and its place in the log are one commit, so that each record counts once.
 */
export class IncidentBook implements Service {
  readonly name = 'incidents';
  readonly #options: IncidentBookOptions;
  /** Those that are open, by their keys. */
  readonly #open = new Map<string, Standing>();
  readonly #consumer: Consumer;
  #timer: Timer | undefined;
  #loaded: Promise<void> | undefined;

  constructor(options: IncidentBookOptions) {
    this.#options = options;
    const { store, clock, logger } = options;
    this.#consumer = new Consumer({
      store,
      clock,
      name: INCIDENTS,
      types: SIGNAL_TYPES,
      take: (record) => this.#take(record),
      rests: () => this.#arm(),
      suffers: (reason) => logger.error('incidents could not be kept', { reason }),
    });
  }

  async start(): Promise<void> {
    await this.load();
    await this.#consumer.start();
    // Who asks whether somebody takes care of something is not told of less than the log says.
    await this.#consumer.settled();
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#consumer.stop();
  }

  /** Reads those that are open, once. */
  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  /** Whether somebody takes care of the incident of this key, or it is over. */
  isCaredFor(key: string): boolean {
    const standing = this.#open.get(key);
    return standing === undefined || standing.incident.state === 'acknowledged';
  }

  /** What is wrong with telling people, for `status`. */
  get undeliverable(): readonly { readonly reason: string; readonly since: number }[] {
    return [...this.#open.values()]
      .filter(({ incident }) => incident.key.startsWith(UNDELIVERABLE))
      .map(({ incident }) => ({ reason: incident.reason, since: incident.opened }));
  }

  /** Takes a person's word. Of two who say the same at the same time the first one is heard. */
  async say(id: number, word: IncidentWord): Promise<WordTaken> {
    await this.load();
    return this.#consumer.between(() => this.#say(id, word));
  }

  async #say(id: number, { verb, note, ...by }: IncidentWord): Promise<WordTaken> {
    const { store, time } = this.#options;
    const standing = [...this.#open.values()].find((each) => each.id === id);
    if (standing === undefined) return this.#refusal(id);
    const { incident } = standing;
    const shown = idOf(store.identity, id);
    if (verb === 'ack' && incident.state === 'acknowledged') {
      const message = `Incident ${shown} is acknowledged already.`;
      return { kind: 'refused', code: 'incident.acknowledged', message };
    }
    const event = wordEvent(incident, { verb, note, ...attributionOf(by) }, time.now());
    if (!(await this.#keep([moveOf(standing, event)], undefined))) {
      const message = 'Nothing was recorded, as the disk is full or somebody else was quicker.';
      return { kind: 'refused', code: 'incident.busy', message };
    }
    this.#arm();
    const row = await store.entity(id);
    return row === undefined ? this.#refusal(id) : { kind: 'taken', row };
  }

  async #refusal(id: number): Promise<WordTaken> {
    const { store } = this.#options;
    const row = await store.entity(id);
    const shown = idOf(store.identity, id);
    if (row?.kind !== 'incident') {
      const message = `There is no incident ${shown}. List them with: signalbox incidents`;
      return { kind: 'refused', code: 'incident.unknown', message };
    }
    const state = row.state.replace('_', ' ');
    const message = `Incident ${shown} is over: ${state}.`;
    return { kind: 'refused', code: 'incident.over', message };
  }

  async #load(): Promise<void> {
    const { store } = this.#options;
    for (let before: number | undefined; ;) {
      const rows = await store.entities({ kind: 'incident', open: true, limit: PAGE, before });
      for (const row of rows) {
        const { id, version } = row;
        const incident = incidentOf(row);
        this.#open.set(incident.key, { id, version, incident });
      }
      before = rows.at(-1)?.id;
      if (before === undefined) return;
    }
  }

  /** What it makes of a record and the place behind that are one commit. */
  async #take(record: LogRecord): Promise<boolean> {
    const signal = signalOf(record);
    const move = signal && this.#writeOf(signal, record);
    if (move !== undefined && !(await this.#keep([move], record.seq))) throw new Error(UNRECORDED);
    return false;
  }

  #writeOf(signal: Signal, record: LogRecord): Move | undefined {
    const standing = this.#open.get(signal.key);
    const { store, time } = this.#options;
    // What answers an incident and fails is one again: the chain must grow until it is cut.
    const cause = {
      correlation: correlationOf(record, store.identity),
      causation: record.seq,
      hops: record.hops + 1,
    };
    if (signal.kind === 'right') {
      if (standing === undefined) return undefined;
      const word = { verb: 'resolve', by: 'signalbox', note: signal.why } as const;
      return moveOf(standing, wordEvent(standing.incident, word, time.now()), cause);
    }
    const { key, subject, level, reason } = signal;
    const event = idOf(store.identity, record.seq);
    if (standing === undefined) {
      const opened: IncidentEvent = { type: 'incident.opened', key, subject, level, reason, event };
      return { standing: undefined, key, event: opened, cause };
    }
    const count = standing.incident.count + 1;
    const graved = graver(standing.incident.level, level);
    const named = { key, subject: standing.incident.subject, level: graved, reason };
    return moveOf(standing, { type: 'incident.recurred', ...named, count, event }, cause);
  }

  /** Records what moves and the place up to which it is known; false where nothing was written. */
  async #keep(moves: readonly Move[], to: number | undefined): Promise<boolean> {
    const { store, time } = this.#options;
    const received = time.now();
    const changed = moves.map((move) => ({ move, after: afterOf(move, received) }));
    const writes = changed.map(({ move, after }) => writeOf(move, after, received));
    const checkpoint = to === undefined ? undefined : this.#consumer.move(to);
    const result = await store.append({ writes, ...(checkpoint && { checkpoint }) });
    if (result.kind !== 'appended') return false;
    if (checkpoint !== undefined) this.#consumer.moved(checkpoint);
    for (const { move, after } of changed) {
      const standing = {
        id: move.standing?.id ?? result.first,
        version: result.first,
        incident: after,
      };
      if (isOpen(after)) this.#open.set(move.key, standing);
      else this.#open.delete(move.key);
    }
    return true;
  }

  /** Has those escalated that nobody acknowledges in time, and not before `delayMsMin`. */
  #arm(delayMsMin = 0): void {
    this.#timer?.cancel();
    if (!this.#consumer.listens) return;
    const { clock, time } = this.#options;
    const dues = [...this.#open.values()].flatMap(({ incident }) => incident.due ?? []);
    if (dues.length === 0) return;
    const next = Math.min(...dues);
    const delayMs = Math.min(Math.max(delayMsMin, next - time.now()), TIMER_DELAY_MS_MAX);
    this.#timer = clock.schedule(delayMs, () => {
      void this.#consumer.between(() => this.#escalateDue());
    });
  }

  async #escalateDue(): Promise<void> {
    const { time, logger } = this.#options;
    try {
      for (const standing of this.#open.values()) {
        const event = escalate(standing.incident, time.now());
        if (event === undefined) continue;
        if (!(await this.#keep([moveOf(standing, event)], undefined))) throw new Error(UNRECORDED);
      }
      this.#arm();
    } catch (error) {
      logger.error('an incident could not be escalated', { reason: messageOf(error) });
      this.#arm(RETRY_MS);
    }
  }
}

/** One record of an incident that is to be written. */
interface Move {
  readonly standing: Standing | undefined;
  readonly key: string;
  readonly event: IncidentEvent;
  readonly cause: Cause;
}

/** What happens to one that is open; of itself where nothing else is said to be the cause. */
function moveOf(standing: Standing, event: IncidentEvent, cause?: Cause): Move {
  const own = { correlation: null, causation: standing.id, hops: 1 };
  return { standing, key: standing.incident.key, event, cause: cause ?? own };
}

function afterOf({ standing, event }: Move, now: number): Incident {
  return standing === undefined
    ? openedIncident(event, now)
    : evolveIncident(standing.incident, event, now);
}

function writeOf(move: Move, after: Incident, received: number): EntityWrite {
  const { standing, event, cause } = move;
  const { type, ...data } = event;
  const record = ownRecord(type, JSON.stringify(data), received, cause);
  return {
    kind: 'entity',
    entity: standing?.id ?? null,
    expectedVersion: standing?.version ?? null,
    // What no store can hold would stand in the way of every later incident.
    record: { ...record, subject: wellFormed(escapeText(after.subject)) },
    row: incidentRow(after),
  };
}

function wordEvent(
  { key, subject, level, reason, opened }: Incident,
  { verb, note, ...by }: IncidentWord,
  now: number,
): IncidentEvent {
  const named = { key, subject, level, reason, ...by, note };
  if (verb === 'ack') return { type: 'incident.acknowledged', ...named };
  const false_alarm = verb === 'false-alarm';
  return { type: 'incident.resolved', ...named, false_alarm, resolution_ms: now - opened };
}
