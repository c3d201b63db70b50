import type { Random } from '../../../src/std/random.ts';
import {
  type AppendResult,
  type CursorWrite,
  END_STATES,
  type EventWrite,
  type LetterDraft,
  OPEN_STATES,
  type OpenWrite,
  type RecordDraft,
  type RunColumns,
  type RunRow,
  type RunState,
  type Unit,
  type WindowWrite,
  type Write,
} from '../../../src/store/contract.ts';
import { dedupeKey } from '../../../src/store/dedupe.ts';
import type { FoldedLog, Payload } from './folded-log.ts';

/** How a seed's workload looks: each seed draws its own, so that rare mixtures occur too. */
export interface WorkloadShape {
  readonly groupUnitsMax: number;
  readonly writesMax: number;
  readonly fillerMax: number;
  /** The share of payloads that are too large for their row. */
  readonly large: number;
  /** The share of units that must be refused. */
  readonly refusals: number;
  /** How far the clock moves from group to group: some seeds span days of the dedupe window. */
  readonly stepMs: number;
}

export interface PlannedUnit {
  readonly unit: Unit;
  /** What the store must answer, as far as the log before the group decides it. */
  readonly expected: AppendResult['kind'];
}

export interface Situation {
  readonly log: Pick<FoldedLog, 'head' | 'runs' | 'foreign' | 'checkpoints' | 'letters'>;
  readonly epoch: number;
  readonly now: number;
  /** The number of the group's first unit. */
  readonly first: number;
  /** Foreign ids of refused units: nothing of these was written, so each may still come. */
  readonly freeIds: readonly string[];
}

/** More characters than the store keeps in the log's own table. */
const LARGE = 66_000;
const CONSUMERS = ['router', 'view'];
/** The windows of each consumer, and the keys of each source. */
const KEYS = ['a', 'b', 'c'];
/** Those that remember something. */
export const SOURCES = ['files:docs', 'poll:feed'];
const STATES: readonly [RunState, ...RunState[]] = ['running', ...OPEN_STATES, ...END_STATES];

export function drawShape(random: Random): WorkloadShape {
  return {
    groupUnitsMax: pick(random, [1, 3, 8, 24]),
    writesMax: pick(random, [1, 2, 6]),
    fillerMax: pick(random, [50, 300, 2_000]),
    large: pick(random, [0, 0, 0.01]),
    refusals: pick(random, [0, 0.1, 0.3]),
    stepMs: pick(random, [1, 60_000, 40_000_000]),
  };
}

/** Units to be appended at once, none of which depends on another one of the group. */
export function planGroup(
  random: Random,
  shape: WorkloadShape,
  situation: Situation,
): PlannedUnit[] {
  const planner = new GroupPlanner(random, shape, situation);
  const count = 1 + Math.floor(random() * shape.groupUnitsMax);
  return Array.from({ length: count }, (_, i) => planner.plan(situation.first + i));
}

class GroupPlanner {
  readonly #random: Random;
  readonly #shape: WorkloadShape;
  readonly #situation: Situation;
  readonly #runs: RunRow[];
  readonly #letters: number[];
  readonly #consumers = [...CONSUMERS];
  readonly #freeIds: string[];
  #number = 0;

  constructor(random: Random, shape: WorkloadShape, situation: Situation) {
    this.#random = random;
    this.#shape = shape;
    this.#situation = situation;
    this.#freeIds = [...situation.freeIds];
    this.#runs = [...situation.log.runs.values()].filter(({ ended }) => ended === null);
    const open = [...situation.log.letters.values()].filter(({ closed }) => closed === null);
    this.#letters = open.map(({ id }) => id);
  }

  plan(number: number): PlannedUnit {
    this.#number = number;
    return this.#random() < this.#shape.refusals ? this.#refused() : this.#accepted();
  }

  #accepted(): PlannedUnit {
    const count = 1 + Math.floor(this.#random() * this.#shape.writesMax);
    const writes = Array.from({ length: count }, () => this.#write());
    const consumer = this.#random() < 0.3 ? this.#consumers.pop() : undefined;
    if (consumer === undefined) return { unit: this.#unit(writes), expected: 'appended' };
    const from = this.#situation.log.checkpoints.get(consumer)?.seq ?? 0;
    const move = { consumer, from, to: from + 1, state: JSON.stringify({ by: this.#number }) };
    const windows = KEYS.filter(() => this.#random() < 0.4).map((key) => {
      return this.#window(consumer, key);
    });
    return {
      unit: { ...this.#unit(writes, { move, windows }), checkpoint: move, windows },
      expected: 'appended',
    };
  }

  /** A unit of several writes of which one, anywhere, must undo all. */
  #refused(): PlannedUnit {
    const { log } = this.#situation;
    const known = pickFrom(this.#random, [...log.foreign.values()]);
    const run = pickFrom(this.#random, [...log.runs.values()]);
    const before = this.#random() < 0.5 ? [this.#event()] : [];
    if (known !== undefined && this.#random() < 0.5) {
      const same = this.#random() < 0.5;
      const again = this.#record('thing.happened', 'tests', known.id);
      const record = same ? { ...again, data: known.data } : again;
      const writes: Write[] = [...before, { kind: 'event', record }, this.#event()];
      return {
        unit: this.#unit(writes),
        expected: same ? 'duplicate' : 'conflict',
      };
    }
    if (run !== undefined && this.#random() < 0.7) {
      const stale = this.#random() < 0.5 ? { version: run.version - 1 } : { epoch: run.epoch + 1 };
      const writes = [...before, this.#advance({ ...run, ...stale }), this.#event()];
      return { unit: this.#unit(writes), expected: 'stale' };
    }
    const closed = pickFrom(
      this.#random,
      [...log.letters.values()].filter(({ state }) => state !== 'open'),
    );
    if (this.#random() < 0.5) {
      const writes = [...before, this.#closing(closed?.id ?? 999_999), this.#event()];
      return { unit: this.#unit(writes), expected: 'stale' };
    }
    const checkpoint = { consumer: 'router', from: 999_999, to: 1_000_000, state: '{}' };
    return { unit: { ...this.#unit([this.#event()]), checkpoint }, expected: 'stale' };
  }

  /** Some units also change what sources remember. */
  #unit(writes: readonly Write[], extra: Pick<Payload, 'move' | 'windows'> = {}): Unit {
    if (this.#random() < 0.7) return { writes: this.#numbered(writes, extra) };
    const cursors = SOURCES.flatMap((source) => {
      return KEYS.filter(() => this.#random() < 0.4).map((key) => this.#cursor(source, key));
    });
    return { writes: this.#numbered(writes, { ...extra, cursors }), cursors };
  }

  #cursor(source: string, key: string): CursorWrite {
    return { source, key, value: this.#random() < 0.3 ? null : `by ${this.#number}` };
  }

  #write(): Write {
    const choice = this.#random();
    if (choice < 0.5) return this.#event();
    const run = choice < 0.7 ? undefined : takeFrom(this.#random, this.#runs);
    return run === undefined ? this.#open() : this.#advance(run);
  }

  #event(): EventWrite {
    const free = this.#random() < 0.1 ? takeFrom(this.#random, this.#freeIds) : undefined;
    const fresh = this.#random() < 0.5 ? `${this.#number}-${this.#random()}` : null;
    const record = this.#record('thing.happened', 'tests', free ?? fresh);
    const choice = this.#random();
    if (choice < 0.1) return { kind: 'event', record, letter: this.#letter() };
    const letter = choice < 0.3 ? takeFrom(this.#random, this.#letters) : undefined;
    return letter === undefined ? { kind: 'event', record } : this.#closing(letter);
  }

  #closing(letter: number): EventWrite {
    const state = pick(this.#random, ['retried', 'dropped'] as const);
    const record = this.#record('letter.closed', null, null);
    return { kind: 'event', record, closes: { letter, state } };
  }

  #letter(): LetterDraft {
    return {
      kind: pick(this.#random, ['event', 'run', 'step', 'notification'] as const),
      event: 1 + Math.floor(this.#random() * (this.#situation.log.head + 1)),
      flow: pick(this.#random, ['build', 'deploy']),
      run: null,
      step: pick(this.#random, [null, 'compile']),
      attempts: Math.floor(this.#random() * 4),
      code: 'step.failed',
      message: `of ${this.#number}`,
    };
  }

  #window(flow: string, key: string): WindowWrite {
    if (this.#random() < 0.3) return { flow, key, columns: null };
    const due = this.#situation.now + Math.floor(this.#random() * 1e6);
    return { flow, key, columns: { due, state: JSON.stringify({ by: this.#number }) } };
  }

  #open(): OpenWrite {
    const { now, log } = this.#situation;
    const origin = {
      flow: pick(this.#random, ['build', 'deploy']),
      catalog: 'c1',
      event: 1 + Math.floor(this.#random() * (log.head + 1)),
      correlation: `of ${this.#number}`,
      hops: 0,
      started: now,
      lane: pick(this.#random, ['build', 'deploy', 'deploy/eu']),
      ...this.#parentage(),
    };
    return {
      kind: 'open',
      record: this.#record('run.started', null, null),
      row: { ...origin, ...this.#columns() },
    };
  }

  #parentage(): Pick<RunRow, 'parent' | 'fork' | 'branch'> {
    const parent =
      this.#random() < 0.3
        ? pickFrom(this.#random, [...this.#situation.log.runs.values()])
        : undefined;
    if (parent === undefined) return { parent: null, fork: null, branch: null };
    const branch = pick(this.#random, [null, 0, 1, 2]);
    return { parent: parent.id, fork: parent.version, branch };
  }

  #advance(run: RunRow): Extract<Write, { kind: 'advance' }> {
    return {
      ...(this.#random() < 0.1 ? { letter: this.#letter() } : {}),
      kind: 'advance',
      run: run.id,
      expectedVersion: run.version,
      expectedEpoch: run.epoch,
      record: this.#record('step.completed', null, null),
      row: this.#columns(),
    };
  }

  #columns(): RunColumns {
    const { now, epoch } = this.#situation;
    const state = pick(this.#random, STATES);
    const ended = END_STATES.some((end) => end === state);
    return {
      state,
      at: `steps/${Math.floor(this.#random() * 5)}`,
      attempt: Math.floor(this.#random() * 3),
      due: ended || state === 'running' ? null : now + Math.floor(this.#random() * 1e6),
      epoch,
      crashes: 0,
      ended: ended ? now : null,
      reason: state === 'failed' ? 'it broke' : null,
    };
  }

  #record(type: string, source: string | null, id: string | null): RecordDraft {
    return {
      type,
      version: 1,
      source,
      id,
      subject: null,
      received: this.#situation.now,
      correlation: null,
      causation: null,
      hops: 0,
      attributes: null,
      data: '',
    };
  }

  #fillerLength(): number {
    const { fillerMax, large } = this.#shape;
    return this.#random() < large ? LARGE : Math.floor(this.#random() * fillerMax);
  }

  /** Gives each record that has none the payload that tells what its write asked for. */
  #numbered(
    writes: readonly Write[],
    extra: Pick<Payload, 'move' | 'windows' | 'cursors'>,
  ): Write[] {
    return writes.map((write, part) => {
      const filler = 'x'.repeat(this.#fillerLength());
      const place = { unit: this.#number, part, of: writes.length };
      const payload: Payload = { ...place, ...wanted(write), ...(part === 0 ? extra : {}), filler };
      const data = write.record.data === '' ? JSON.stringify(payload) : write.record.data;
      const record = { ...write.record, data };
      return write.kind === 'event' ? { ...write, ...eventOf(record) } : { ...write, record };
    });
  }
}

/** The write of a foreign event, with the dedupe key that admission would give it. */
export function eventOf(record: RecordDraft): EventWrite {
  const { type, source, id, data } = record;
  const dedupe = dedupeKey({ type, source: source ?? '', id: id ?? undefined, data });
  return dedupe === undefined ? { kind: 'event', record } : { kind: 'event', record, dedupe };
}

function wanted(write: Write): Pick<Payload, 'columns' | 'origin' | 'letter' | 'closes'> {
  switch (write.kind) {
    case 'event': {
      const { letter, closes } = write;
      return { ...(letter && { letter }), ...(closes && { closes }) };
    }
    case 'open': {
      const { state, at, attempt, due, epoch, crashes, ended, reason, ...origin } = write.row;
      return { origin, columns: { state, at, attempt, due, epoch, crashes, ended, reason } };
    }
    case 'advance':
      return { columns: write.row, ...(write.letter && { letter: write.letter }) };
    case 'entity':
      return {};
  }
}

function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

function pickFrom<T>(random: Random, choices: readonly T[]): T | undefined {
  return choices[Math.floor(random() * choices.length)];
}

function takeFrom<T>(random: Random, choices: T[]): T | undefined {
  return choices.splice(Math.floor(random() * choices.length), 1)[0];
}
