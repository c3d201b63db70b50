import { RUN_ENDS, type RunStarted } from '../../runs/journal.ts';
import type { Clock } from '../../std/clock.ts';
import type { EngineTime } from '../../store/engine-time.ts';
import type { LogRecord, Store } from '../../store/contract.ts';
import { Arrivals } from './arrivals.ts';
import { Counts, LabelNames } from './counts.ts';
import { counterBy, type Family } from './family.ts';
import { Histogram, SECONDS } from './histogram.ts';
import { type OpenRun, OpenRuns } from './open-runs.ts';
import { BRANCH_ENDS, HELD, RESTS, STEP_RESULTS, watchedType } from './record-words.ts';

/** What a meter hears with. */
export interface LogMeterOptions {
  readonly store: Pick<Store, 'run'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly time: Pick<EngineTime, 'now'>;
}

/** Runs that began before us and whose flows are being looked up. */
const LOOKUPS_MAX = 1_000;
/** Between the flow and the state of a run, in the key that it is counted under. */
const BETWEEN = '\0';
/** A run whose flow is not told apart from others. */
const UNKNOWN = { flow: 'other', fork: null };
const RUN_SECONDS = [...SECONDS, 3_600, 86_400];

/**
 * Counts what the log's records tell, as they become durable: so the counts need no second place
 * to be kept in, and no part of the engine knows of them. They begin with the process.
 */
export class LogMeter {
  readonly #options: LogMeterOptions;
  readonly #arrivals = new Arrivals();
  readonly #open = new OpenRuns();
  readonly #flows = new LabelNames();
  readonly #ended = new Counts();
  readonly #started = new Counts();
  readonly #steps = new Counts();
  readonly #letters = new Counts();
  readonly #types = new Counts();
  readonly #commit = new Histogram();
  readonly #ingest = new Histogram();
  readonly #start = new Histogram();
  readonly #due = new Histogram();
  readonly #response = new Histogram(RUN_SECONDS);
  readonly #took = new Map<string, Histogram>();
  #records = 0;
  #events = 0;
  #lookups = 0;

  constructor(options: LogMeterOptions) {
    this.#options = options;
  }

  /** Records that became durable together, and how long their commit took where that is known. */
  hear(records: readonly LogRecord[], commitMs?: number): void {
    const at = this.#options.clock.monotonic();
    const now = this.#options.time.now();
    if (commitMs !== undefined) this.#commit.observe(commitMs / 1_000);
    this.#records += records.length;
    for (const record of records) {
      this.#arrivals.note(record.seq, at);
      if (record.source !== null) this.#arrived(record, now);
      else if (record.stream !== null) this.#moved(record, record.stream, at);
      else if (record.type === 'event.dead_lettered') this.#letters.add('event');
    }
  }

  /** What seed 002 counts, since the process began. */
  get heard(): Heard {
    return {
      events: this.#events,
      crises: this.#types.get('COORDINATION_CRISIS'),
      warnings: this.#types.get('DEADLINE_WARNING'),
      responses: [...this.#ended]
        .filter(([key]) => key.endsWith(`${BETWEEN}succeeded`))
        .reduce((sum, [, count]) => sum + count, 0),
      responseSeconds: this.#response.mean,
    };
  }

  /** All of it as metrics. */
  families(): Family[] {
    return [...this.#counters(), ...this.#histograms()];
  }

  #arrived({ type, received, data }: LogRecord, now: number): void {
    this.#events++;
    this.#ingest.observe((now - received) / 1_000);
    const watched = watchedType(type);
    if (watched !== undefined) this.#types.add(watched);
    if (type === 'schedule.fired') this.#fired(data, received);
  }

  #fired(data: string, received: number): void {
    const { scheduled_time } = (JSON.parse(data) ?? {}) as { readonly scheduled_time?: unknown };
    const nominal = typeof scheduled_time === 'string' ? Date.parse(scheduled_time) : Number.NaN;
    if (!Number.isNaN(nominal)) this.#due.observe((received - nominal) / 1_000);
  }

  #moved(record: LogRecord, stream: number, at: number): void {
    const { type, seq, received } = record;
    if (seq === stream) return this.#begun(record, at);
    const run = this.#open.get(stream);
    if (run?.due !== undefined) {
      if (!HELD.has(type)) this.#due.observe((received - run.due) / 1_000);
      run.due = undefined;
    }
    this.#stepped(record, run);
    const state = RUN_ENDS.get(type);
    if (state !== undefined) this.#finish({ stream, state, received, at }, run);
    if (BRANCH_ENDS.has(type)) this.#open.end(stream);
  }

  #begun(record: LogRecord, at: number): void {
    // This is done for every run: `decodeJournal` would make a second object of each.
    const { flow, event, parent, fork = null } = JSON.parse(record.data) as RunStarted;
    const answers = parent === undefined;
    const heard = answers ? this.#arrivals.of(event) : undefined;
    this.#open.begin(record.seq, { flow, started: record.received, fork, answers, heard });
    if (record.type === 'run.started') this.#started.add(this.#flows.of(flow));
    if (heard !== undefined) this.#start.observe((at - heard) / 1_000);
  }

  #stepped(record: LogRecord, run: OpenRun | undefined): void {
    const { type } = record;
    const result = STEP_RESULTS.get(type);
    if (type === 'step.unknown') this.#letters.add('step');
    if (result === undefined) return;
    // What failed was counted when its flow began to do something about it.
    const isTold = run?.failing === true && (type === 'run.failed' || type === 'branch.failed');
    if (!isTold) this.#steps.add(result);
    if (run === undefined) return;
    if (type === 'run.failing') run.failing = true;
    if (RESTS.has(type)) run.due = dueOf(record);
  }

  #finish(end: End, run: OpenRun | undefined): void {
    if (run === undefined) return void this.#lookUp(end);
    this.#open.end(end.stream);
    this.#count(end, run);
    if (end.state === 'succeeded' && run.answers && run.heard !== undefined) {
      this.#response.observe((end.at - run.heard) / 1_000);
    }
  }

  /** A run that began before us. Where too many end at once, their flows are not told apart. */
  async #lookUp(end: End): Promise<void> {
    const crowded = this.#lookups >= LOOKUPS_MAX;
    this.#lookups++;
    const row = crowded ? undefined : await this.#options.store.run(end.stream).catch(() => {});
    this.#lookups--;
    this.#count(end, row ?? { ...UNKNOWN, started: end.received });
  }

  #count({ state, received }: End, run: Pick<OpenRun, 'flow' | 'started' | 'fork'>): void {
    // What failed for somebody who waits for it is theirs to settle, and no dead letter.
    if (state === 'failed' && run.fork === null) this.#letters.add('run');
    this.#ended.add(`${this.#flows.of(run.flow)}${BETWEEN}${state}`);
    const took = this.#took.get(state) ?? new Histogram(RUN_SECONDS);
    this.#took.set(state, took);
    took.observe((received - run.started) / 1_000);
  }

  #counters(): Family[] {
    const ended = Array.from(this.#ended, ([key, value]) => {
      const [flow = '', state = ''] = key.split(BETWEEN);
      return { labels: { flow, state }, value };
    });
    const records = 'Records of the log that became durable, events and all others.';
    return [
      {
        name: 'signalbox_runs_total',
        help: 'Runs that ended, by flow and how.',
        type: 'counter',
        samples: ended,
      },
      counterBy(['signalbox_runs_started_total', 'flow'], 'Runs that began.', this.#started),
      counterBy(
        ['signalbox_step_attempts_total', 'result'],
        'Attempts at steps, by what came of them.',
        this.#steps,
      ),
      counterBy(
        ['signalbox_dead_letters_total', 'kind'],
        'What could not be done and waits for a person.',
        this.#letters,
      ),
      {
        name: 'signalbox_log_records_total',
        help: records,
        type: 'counter',
        samples: [{ value: this.#records }],
      },
    ];
  }

  #histograms(): Family[] {
    const one = (name: string, help: string, histogram: Histogram): Family => ({
      name,
      help,
      type: 'histogram',
      samples: [histogram.distribution()],
    });
    return [
      one('signalbox_commit_seconds', 'How long a commit of the log takes.', this.#commit),
      one('signalbox_ingest_seconds', 'From the coming of an event to its commit.', this.#ingest),
      one(
        'signalbox_run_start_seconds',
        "From an event's commit to the commit of the run that it starts.",
        this.#start,
      ),
      one('signalbox_due_lag_seconds', 'By how much what is due comes later.', this.#due),
      one(
        'signalbox_run_response_seconds',
        "From an event's commit to the success of the run that it starts.",
        this.#response,
      ),
      {
        name: 'signalbox_run_seconds',
        help: 'From the start of a run to its end.',
        type: 'histogram',
        samples: Array.from(this.#took, ([state, took]) => took.distribution({ state })),
      },
    ];
  }
}

/** What was heard since the process began. */
export interface Heard {
  readonly events: number;
  readonly crises: number;
  readonly warnings: number;
  /** Runs that succeeded. */
  readonly responses: number;
  readonly responseSeconds: number | null;
}

interface End {
  readonly stream: number;
  readonly state: string;
  readonly received: number;
  readonly at: number;
}

/** When a run that rests is due; undefined where it is an event that ends its rest. */
function dueOf({ data }: LogRecord): number | undefined {
  const { due, wait } = JSON.parse(data) as { readonly due: number; readonly wait?: unknown };
  return wait === undefined ? due : undefined;
}
