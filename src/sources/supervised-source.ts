import type { SourceDefinition } from '../flows/source.ts';
import { backoff } from '../std/backoff.ts';
import { type Clock, delay, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { LogDoor } from './door.ts';
import { Recorder } from './recorder.ts';
import type { Found, Source, SourceContext, SourceKind } from './source.ts';

/** How long a source that cannot be opened is left alone. */
const REOPEN = { delayMs: 1_000, factor: 2, delayMsMax: 60_000 };

/** How long a source may take to stop. One that takes longer is left to itself. */
const STOP_MS = 5_000;

/** Why a source waits of whose events too many wait already. */
const HELD = 'as many of its events wait as its "queue_limit" allows';
/** How long it must not have waited for that, before it is said to be well. */
const CALM_MS = 10_000;

/** How a source does: `starting` before it has heard anything for the first time. */
export type SourceState = 'starting' | 'running' | 'degraded' | 'stale' | 'stopped';

/** A source as people see it. */
export interface SourceView {
  readonly name: string;
  readonly type: string;
  readonly state: SourceState;
  /** Since when it is in that state, ISO 8601. */
  readonly since: string;
  /** When its last event of this daemon was recorded, ISO 8601; null before there is one. */
  readonly last_event: string | null;
  /** For how long what it has to say waits for room in the log, in milliseconds. */
  readonly lag: number;
  /** Why it is degraded. */
  readonly error: string | null;
  readonly handlers: readonly string[];
  /** How many of its events wait; null where that has no limit. */
  readonly waiting: number | null;
  /** How many may. */
  readonly limit: number | null;
}

/** How many events of a source wait, and may; undefined where that has no limit. */
export type QuotaOf = (
  source: string,
) => { readonly waiting: number; readonly limit: number } | undefined;

export interface SupervisedOptions {
  readonly definition: SourceDefinition;
  readonly kind: SourceKind;
  readonly door: LogDoor;
  readonly directory: string;
  readonly aliveUntil: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onFound: (found: Found) => void;
  readonly quotaOf?: QuotaOf | undefined;
}

/**
 * Keeps one source open, whatever it does: one that cannot start, or fails, is opened anew with
 * backoff. What changes of its health is an event of its own.
 */
export class SupervisedSource {
  readonly #options: SupervisedOptions;
  readonly #stopping = new AbortController();
  readonly #recorder: Recorder;
  #source: Source | undefined;
  #state: SourceState = 'starting';
  #since: number;
  #trouble: string | undefined;
  #failed = 0;
  #lastEvent: number | undefined;
  #retry: Timer | undefined;
  #staleness: Timer | undefined;
  #calm: Timer | undefined;
  /** What is recorded of its health, one after the other. */
  #notes: Promise<void> = Promise.resolve();
  #opening: Promise<void> = Promise.resolve();
  #end: () => void = () => {};
  /** Resolves when it is stopped. */
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(options: SupervisedOptions) {
    this.#options = options;
    const { definition, door, clock, logger } = options;
    this.#since = door.now();
    this.#recorder = new Recorder({
      source: definition.name,
      trust: definition.trust,
      door,
      guard: door.guard && ((data) => door.guard?.(definition, data) ?? { data, cursors: [] }),
      clock,
      logger,
      stopping: this.#stopping.signal,
      onRecorded: () => this.#heard(),
      onHeld: () => this.#held(),
      onLetIn: () => this.#letIn(),
    });
  }

  get definition(): SourceDefinition {
    return this.#options.definition;
  }

  view(): SourceView {
    const { name, type, handlers } = this.definition;
    const last = this.#lastEvent;
    const { waiting = null, limit = null } = this.#options.quotaOf?.(name) ?? {};
    return {
      name,
      type,
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      last_event: last === undefined ? null : new Date(last).toISOString(),
      lag: Math.round(this.#recorder.lagMs),
      error: this.#trouble ?? null,
      handlers,
      waiting,
      limit,
    };
  }

  /** Resolves after the first attempt to open it, or when it is stopped. Never rejects. */
  start(): Promise<void> {
    this.#opening = this.#open();
    return Promise.race([this.#opening, this.#ended]);
  }

  /** It is asked to end, and its end is recorded. Never rejects, nor waits for long. */
  async stop(again = false): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#retry?.cancel();
    this.#staleness?.cancel();
    this.#calm?.cancel();
    const patience = new AbortController();
    const ended = this.#close(again).then(() => this.#opening);
    await Promise.race([ended, delay(this.#options.clock, STOP_MS, patience.signal)]);
    patience.abort();
    this.#end();
    const begun = this.#state !== 'starting';
    this.#enter('stopped');
    if (begun) this.#note('source.stopped', {});
    await this.#notes;
  }

  #enter(state: SourceState): void {
    this.#state = state;
    this.#since = this.#options.door.now();
  }

  async #open(): Promise<void> {
    const { kind, logger } = this.#options;
    const { name } = this.definition;
    try {
      const failure = this.#failed > 0 ? this.#trouble : undefined;
      this.#source = kind.open(this.#context());
      await this.#source.start();
      if (this.#stopping.signal.aborted) return;
      this.#failed = 0;
      if (this.#state === 'starting') this.#begin();
      // What it said of itself while it started still holds; that it could not start does not.
      else if (failure !== undefined && failure === this.#trouble) this.#recovered();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#failed++;
      this.#degraded(messageOf(error));
      logger.warn('a source cannot be opened; it is tried again', {
        source: name,
        error: messageOf(error),
      });
      await this.#close();
      this.#reopenLater();
    }
  }

  #context(): SourceContext {
    const { definition, door, directory, clock, logger, aliveUntil, onFound } = this.#options;
    const recorder = this.#recorder;
    return {
      name: definition.name,
      config: definition.config,
      directory,
      clock,
      logger,
      aliveUntil,
      now: () => door.now(),
      record: (batch) => recorder.record(batch),
      offer: (event) => recorder.offer(event),
      remembered: () => recorder.remembered(),
      degraded: (reason) => this.#troubled(reason),
      // What it hears does not tell whether it may say so.
      recovered: () => void (this.#trouble === HELD || this.#recovered()),
      report: onFound,
      rejected: (request, subject = definition.name) => {
        const { reason, address, path, count } = request;
        const fields = { source: subject, reason, address, path, count };
        logger.warn('a request was refused', fields);
        return door.note('webhook.rejected', subject, request);
      },
    };
  }

  async #close(again = false): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    try {
      await source?.stop(again);
    } catch (error) {
      const fields = { source: this.definition.name, error: messageOf(error) };
      this.#options.logger.error('a source did not stop cleanly', fields);
    }
  }

  #reopenLater(): void {
    const { clock, random } = this.#options;
    if (this.#stopping.signal.aborted) return;
    this.#retry = clock.schedule(backoff(REOPEN, this.#failed, random), () => {
      this.#opening = this.#open();
    });
  }

  #begin(): void {
    this.#enter(this.#trouble === undefined ? 'running' : 'degraded');
    this.#note('source.started', {});
    this.#watchForSilence(this.definition.staleMs);
  }

  /** It says so itself: where it cannot be opened, that is what is logged. */
  #troubled(reason: string): void {
    if (!this.#degraded(reason)) return;
    this.#options.logger.warn('a source is degraded', { source: this.definition.name, reason });
  }

  /** Whether that is news. */
  #degraded(reason: string): boolean {
    if (this.#trouble === reason || this.#stopping.signal.aborted) return false;
    this.#trouble = reason;
    if (this.#state === 'starting') this.#note('source.started', {});
    this.#enter('degraded');
    this.#note('source.degraded', { reason });
    return true;
  }

  #recovered(): void {
    if (this.#state !== 'degraded' || this.#stopping.signal.aborted) return;
    const was = this.#trouble ?? null;
    this.#trouble = undefined;
    this.#enter('running');
    this.#note('source.recovered', { was });
    this.#options.logger.info('a source has recovered', { source: this.definition.name });
    this.#watchForSilence(this.definition.staleMs);
  }

  /** It reads no further, since its place in what it reads moves with the events alone. */
  #held(): void {
    this.#calm?.cancel();
    this.#calm = undefined;
    if (this.#trouble === undefined) this.#troubled(HELD);
  }

  #letIn(): void {
    if (this.#trouble !== HELD || this.#calm !== undefined) return;
    this.#calm = this.#options.clock.schedule(CALM_MS, () => {
      this.#calm = undefined;
      if (this.#trouble === HELD) this.#recovered();
    });
  }

  #heard(): void {
    this.#lastEvent = this.#options.door.now();
    if (this.#state === 'stale') {
      this.#enter('running');
      this.#note('source.recovered', { was: 'stale' });
    }
    if (this.#staleness === undefined) this.#watchForSilence(this.definition.staleMs);
  }

  /** A source that was silent for longer than it may is stale. */
  #watchForSilence(leftMs: number | undefined): void {
    const { staleMs } = this.definition;
    this.#staleness?.cancel();
    if (leftMs === undefined || staleMs === undefined || this.#state !== 'running') return;
    const { clock } = this.#options;
    const before = this.#lastEvent;
    const step = Math.min(leftMs, TIMER_DELAY_MS_MAX);
    this.#staleness = clock.schedule(step, () => {
      this.#staleness = undefined;
      if (this.#lastEvent !== before) this.#watchForSilence(this.#silenceLeft(staleMs));
      else if (leftMs > step) this.#watchForSilence(leftMs - step);
      else this.#stale(staleMs);
    });
  }

  #silenceLeft(staleMs: number): number {
    const since = this.#options.door.now() - (this.#lastEvent ?? 0);
    return Math.max(1, staleMs - since);
  }

  #stale(silentMs: number): void {
    if (this.#state !== 'running') return;
    this.#enter('stale');
    this.#note('source.stale', { silent_ms: silentMs });
  }

  #note(type: Parameters<LogDoor['note']>[0], data: object): void {
    const { door } = this.#options;
    this.#notes = this.#notes.then(() => door.note(type, this.definition.name, data));
  }
}
