import { endsRun, decodeJournal } from '../runs/journal.ts';
import { LogFollower } from '../routing/follower.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import { untilAborted } from '../std/until-aborted.ts';
import type { LogRecord } from '../store/contract.ts';
import type { LogReader } from '../views/log-reader.ts';
import { counterBy, type Family, gauge } from '../views/metrics/family.ts';
import { readSpans } from '../views/traces/read-spans.ts';
import type { Span } from '../views/traces/span.ts';
import type { SpanSender } from './otlp.ts';

/** What a tracer reads, and whom it sends to. */
export interface TracerOptions {
  readonly reader: LogReader;
  readonly open: () => Promise<SpanSender>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Under which name its place in the log is remembered. */
const PLACE = { source: 'signalbox:traces', key: 'place' } as const;
/** Spans of one sending; a run with more is sent in parts. */
const SPANS_MAX = 1_000;
/** How often one sending is tried, and how long is waited before each further try. */
const TRIES_MAX = 10;
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
/** Records after which the place is remembered though no run has ended on the way. */
const QUIET_RECORDS_MAX = 10_000;
/** How long a stop waits for a sending that is under way. */
const STOP_MS = 2_000;

/**
 * Sends the spans of each run when it has ended. They are read from the log, and the place in it is
 * remembered behind them: what a crash cut off is sent by the next daemon, whole, and what it sends
 * twice has the same ids. While nobody takes them, the log keeps them, and not the memory.
 */
export class Tracer implements Service {
  readonly name = 'tracer';
  readonly #options: TracerOptions;
  readonly #follower: LogFollower;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #draining = false;
  #follows = false;
  #at = 0;
  #remembered = 0;
  #sent = 0;
  #lost = 0;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.#follower = new LogFollower(options.reader.store);
  }

  /** Never rejects: that no traces are sent keeps no daemon from its work. */
  async start(): Promise<void> {
    const { reader, open, logger } = this.#options;
    const { store } = reader;
    try {
      const [place] = await store.cursors({ source: PLACE.source, limit: 1 });
      this.#at = place === undefined ? store.head() : Number(place.value);
      this.#remembered = this.#at;
      const sender = await open();
      // What comes from now on is sent, also by another daemon.
      if (place === undefined) await this.#remember();
      this.#follows = true;
      this.#loop = this.#follow(sender);
    } catch (error) {
      logger.error('no traces are sent', { error: messageOf(error) });
    }
  }

  /** What has ended is sent yet, as long as that is soon; the rest is left to the next daemon. */
  async stop(): Promise<void> {
    this.#draining = true;
    this.#follower.wake();
    const patience = new AbortController();
    const late = delay(this.#options.clock, STOP_MS, patience.signal);
    await Promise.race([this.#loop, late]);
    patience.abort();
    this.#stopping.abort();
    await this.#loop;
  }

  /**
   * The last record whose traces are not needed any more; undefined where none are sent, and so
   * none are waited for.
   */
  get seen(): number | undefined {
    return this.#follows ? this.#at : undefined;
  }

  /** What became of the spans, and how far behind the log it is. */
  families(): Family[] {
    const results = Object.entries({ sent: this.#sent, lost: this.#lost });
    const { store } = this.#options.reader;
    return [
      counterBy(['signalbox_spans_total', 'result'], 'Spans of traces.', results),
      gauge(
        'signalbox_traces_lag_records',
        'Records whose traces are not sent yet.',
        store.head() - this.#at,
      ),
    ];
  }

  async #follow(sender: SpanSender): Promise<void> {
    const { signal } = this.#stopping;
    const { logger, clock } = this.#options;
    while (!signal.aborted) {
      try {
        const records = await this.#follower.next(this.#at);
        if (records.length > 0) await this.#pass(records, sender);
        else if (this.#draining) break;
        else await this.#follower.wait(this.#at);
      } catch (error) {
        logger.warn('traces could not be read; this is tried again', { error: messageOf(error) });
        await delay(clock, RETRY_MS[0] ?? 0, signal);
      }
    }
    void sender.close().catch(() => {});
  }

  async #pass(records: readonly LogRecord[], sender: SpanSender): Promise<void> {
    const last = records.at(-1)?.seq ?? this.#at;
    for (const run of endedIn(records)) {
      const spans = await readSpans(this.#options.reader, run);
      for (let from = 0; from < spans.length; from += SPANS_MAX) {
        if (!(await this.#send(sender, spans.slice(from, from + SPANS_MAX)))) return;
      }
    }
    this.#at = last;
    const quiet = !records.some(isEnd) && last - this.#remembered < QUIET_RECORDS_MAX;
    if (!quiet) await this.#remember();
  }

  /** False where the daemon stops before anybody took them. */
  async #send(sender: SpanSender, spans: readonly Span[]): Promise<boolean> {
    const { logger, clock } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      try {
        await untilAborted(sender.send(spans), signal);
        this.#sent += spans.length;
        return true;
      } catch (error) {
        const fields = { spans: spans.length, error: messageOf(error) };
        if (attempt === 0) logger.warn('traces were not taken; they are sent again', fields);
        if (signal.aborted) return false;
        await delay(clock, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0, signal);
        if (signal.aborted) return false;
      }
    }
    this.#lost += spans.length;
    logger.error('traces were not taken, and are given up', { spans: spans.length });
    return true;
  }

  async #remember(): Promise<void> {
    const value = String(this.#at);
    await this.#options.reader.store.append({ writes: [], cursors: [{ ...PLACE, value }] });
    this.#remembered = this.#at;
  }
}

/** The runs that end in these records, each once: what it is at its last end is what counts. */
function endedIn(records: readonly LogRecord[]): ReadonlySet<number> {
  const ended = records.filter(isEnd).map(({ stream, seq }) => stream ?? seq);
  return new Set(ended);
}

function isEnd(record: LogRecord): boolean {
  if (record.stream === null || !/^(?:run|branch)\./.test(record.type)) return false;
  const entry = decodeJournal(record);
  return entry !== undefined && endsRun(entry);
}
