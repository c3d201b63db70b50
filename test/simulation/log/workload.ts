import type { Random } from '../../../src/std/random.ts';
import type {
  AppendResult,
  EventWrite,
  OpenWrite,
  RecordDraft,
  RunColumns,
  RunRow,
  RunState,
  Unit,
  Write,
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
  readonly log: Pick<FoldedLog, 'head' | 'runs' | 'foreign' | 'checkpoints'>;
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
const STATES: readonly [RunState, ...RunState[]] = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
];

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
  readonly #consumers = [...CONSUMERS];
  readonly #freeIds: string[];
  #number = 0;

  constructor(random: Random, shape: WorkloadShape, situation: Situation) {
    this.#random = random;
    this.#shape = shape;
    this.#situation = situation;
    this.#freeIds = [...situation.freeIds];
    this.#runs = [...situation.log.runs.values()].filter(({ ended }) => ended === null);
  }

  plan(number: number): PlannedUnit {
    this.#number = number;
    return this.#random() < this.#shape.refusals ? this.#refused() : this.#accepted();
  }

  #accepted(): PlannedUnit {
    const count = 1 + Math.floor(this.#random() * this.#shape.writesMax);
    const writes = Array.from({ length: count }, () => this.#write());
    const consumer = this.#random() < 0.3 ? this.#consumers.pop() : undefined;
    if (consumer === undefined)
      return { unit: { writes: this.#numbered(writes) }, expected: 'appended' };
    const from = this.#situation.log.checkpoints.get(consumer)?.seq ?? 0;
    const move = { consumer, from, to: from + 1, state: JSON.stringify({ by: this.#number }) };
    return {
      unit: { writes: this.#numbered(writes, { move }), checkpoint: move },
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
        unit: { writes: this.#numbered(writes) },
        expected: same ? 'duplicate' : 'conflict',
      };
    }
    if (run !== undefined && this.#random() < 0.7) {
      const stale = this.#random() < 0.5 ? { version: run.version - 1 } : { epoch: run.epoch + 1 };
      const writes = [...before, this.#advance({ ...run, ...stale }), this.#event()];
      return { unit: { writes: this.#numbered(writes) }, expected: 'stale' };
    }
    const checkpoint = { consumer: 'router', from: 999_999, to: 1_000_000, state: '{}' };
    return { unit: { writes: this.#numbered([this.#event()]), checkpoint }, expected: 'stale' };
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
    return { kind: 'event', record: this.#record('thing.happened', 'tests', free ?? fresh) };
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
    };
    return {
      kind: 'open',
      record: this.#record('run.started', null, null),
      row: { ...origin, ...this.#columns() },
    };
  }

  #advance(run: RunRow): Extract<Write, { kind: 'advance' }> {
    return {
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
    const ended = state === 'succeeded' || state === 'failed';
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
  #numbered(writes: readonly Write[], extra: Pick<Payload, 'move'> = {}): Write[] {
    return writes.map((write, part) => {
      const filler = 'x'.repeat(this.#fillerLength());
      const place = { unit: this.#number, part, of: writes.length };
      const payload: Payload = { ...place, ...wanted(write), ...(part === 0 ? extra : {}), filler };
      const data = write.record.data === '' ? JSON.stringify(payload) : write.record.data;
      const record = { ...write.record, data };
      return write.kind === 'event' ? eventOf(record) : { ...write, record };
    });
  }
}

/** The write of a foreign event, with the dedupe key that admission would give it. */
export function eventOf(record: RecordDraft): EventWrite {
  const { type, source, id, data } = record;
  const dedupe = dedupeKey({ type, source: source ?? '', id: id ?? undefined, data });
  return dedupe === undefined ? { kind: 'event', record } : { kind: 'event', record, dedupe };
}

function wanted(write: Write): Pick<Payload, 'columns' | 'origin'> {
  switch (write.kind) {
    case 'event':
      return {};
    case 'open': {
      const { flow, catalog, event, correlation, hops, started, ...columns } = write.row;
      return { origin: { flow, catalog, event, correlation, hops, started }, columns };
    }
    case 'advance':
      return { columns: write.row };
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
