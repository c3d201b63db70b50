import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  type CursorWrite,
  END_STATES,
  type EventWrite,
  LETTER_STATES,
  type LogRecord,
  OPEN_STATES,
  type RunState,
  type Store,
  type Unit,
  type WindowWrite,
  type Write,
} from '../../../src/store/contract.ts';
import { unitProblem } from '../../../src/store/unit-problem.ts';
import { readAll, type StoreFixture } from './fixture.ts';
import { ModelStore } from './model.ts';
import { advance, cursorOf, event, letterOf, open, windowOf } from './units.ts';

const STATES: readonly RunState[] = [...OPEN_STATES, ...END_STATES];
const LANES = ['a', 'B', 'c'];
const CONSUMERS = ['router', 'views'];
const SOURCES = ['files:docs', 'poll:feed'] as const;
/** How many of the first runs are asked for one by one. */
const RUNS_ASKED = 3;

/** A write whose run and version are still to be looked up in the log as it then is. */
type Plan =
  | {
      readonly kind: 'event';
      readonly data: string;
      readonly key: number;
      readonly digest: string;
      readonly letter: boolean;
      /** Which of the letters it closes, and how. */
      readonly closes: readonly [number, 'retried' | 'dropped'] | null;
    }
  | {
      readonly kind: 'open';
      readonly state: RunState;
      readonly due: number | null;
      readonly lane: string;
      readonly branch: number | null;
    }
  | {
      readonly kind: 'advance';
      readonly run: number;
      readonly fresh: boolean;
      readonly epoch: number;
      readonly state: RunState;
      readonly due: number | null;
      readonly letter: boolean;
    };

interface UnitPlan {
  readonly writes: readonly Plan[];
  readonly move: {
    readonly consumer: string;
    readonly fresh: boolean;
    readonly windows: readonly WindowWrite[];
  } | null;
  readonly cursors: readonly CursorWrite[];
}

const state = fc.constantFrom(...STATES);
const due = fc.option(fc.nat(20));
const usually = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false));
const seldom = usually.map((is) => !is);
const settled = fc.constantFrom('retried' as const, 'dropped' as const);

const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({
    kind: fc.constant('event' as const),
    data: fc.json({ stringUnit: 'binary' }),
    key: fc.nat(9),
    digest: fc.constantFrom('d', 'd', 'e'),
    letter: seldom,
    closes: fc.option(fc.tuple(fc.nat(5), settled), { freq: 3 }),
  }),
  fc.record({
    kind: fc.constant('open' as const),
    state,
    due,
    lane: fc.constantFrom(...LANES),
    branch: fc.option(fc.nat(3)),
  }),
  fc.record({
    kind: fc.constant('advance' as const),
    run: fc.nat(6),
    fresh: usually,
    epoch: fc.constantFrom(1, 1, 1, 2),
    state,
    due,
    letter: seldom,
  }),
);

const windowWrite: fc.Arbitrary<WindowWrite> = fc
  .tuple(fc.constantFrom('k', 'l', 'M', ''), fc.option(fc.nat(9)), fc.constantFrom('f', 'G'))
  .map(([key, until, flow]) => windowOf(key, until, flow));

const cursorWrite: fc.Arbitrary<CursorWrite> = fc
  .tuple(
    fc.constantFrom('k', 'l', 'M', '', '👍', '\ufb01'),
    fc.option(fc.string({ unit: 'binary' })),
    fc.constantFrom(...SOURCES),
  )
  .map(([key, value, source]) => cursorOf(key, value, source));

const unitPlan: fc.Arbitrary<UnitPlan> = fc.record({
  writes: fc.array(plan, { maxLength: 4 }),
  move: fc.option(
    fc.record({
      consumer: fc.constantFrom(...CONSUMERS),
      fresh: usually,
      windows: fc.array(windowWrite, { maxLength: 3 }),
    }),
    { freq: 2 },
  ),
  cursors: fc.array(cursorWrite, { maxLength: 2 }),
});

/** Groups of units that are handed in together, group after group. */
const groups = fc.array(fc.array(unitPlan, { minLength: 1, maxLength: 12 }), { maxLength: 8 });

/** Compares a store with the model of the contract over random units. */
export function describeAgainstModel(name: string, fixture: StoreFixture, numRuns: number): void {
  describe(`${name}: against the model`, () => {
    test('random units have the results, the log and the rows that the contract says', async () => {
      await fc.assert(
        fc.asyncProperty(groups, async (planned) => {
          const opened = await fixture.open();
          try {
            await compare(opened.store, planned);
          } finally {
            await opened.close();
          }
        }),
        { numRuns },
      );
    });
  });
}

async function compare(store: Store, planned: readonly (readonly UnitPlan[])[]): Promise<void> {
  const model = new ModelStore();
  const heard: LogRecord[] = [];
  store.onCommitted((records) => heard.push(...records));
  for (const group of planned) {
    const units = group.map((each) => toUnit(each, model)).filter((unit) => !unitProblem(unit));
    const results = await Promise.all(units.map((unit) => store.append(unit)));
    expect(results).toEqual(units.map((unit) => model.append(unit)));
  }
  expect(heard).toEqual(model.records);
  await compareReadings(store, model);
}

async function compareReadings(store: Store, model: ModelStore): Promise<void> {
  expect(store.head()).toBe(model.records.length);
  expect(await readAll(store)).toEqual(model.records);
  const odd = model.records.filter(({ seq }) => seq % 2 === 1);
  expect(await store.readAt(odd.map(({ seq }) => seq))).toEqual(odd);
  await compareRuns(store, model);
  await compareLetters(store, model);
  expect(await store.windows({ limit: 1_000 })).toEqual(model.windows());
  for (const source of SOURCES) {
    const query = { source, limit: 1_000 };
    expect(await store.cursors(query)).toEqual(model.cursors.read(query));
  }
  for (const consumer of CONSUMERS) {
    expect(await store.checkpoint(consumer)).toEqual(model.checkpoint(consumer));
  }
}

async function compareRuns(store: Store, model: ModelStore): Promise<void> {
  const rows = [...model.rows.values()];
  const own = rows.filter(({ branch }) => branch === null);
  expect(await store.runs({ limit: 1_000 })).toEqual(own.toReversed());
  expect(await store.runs({ limit: 1_000, branches: true })).toEqual(rows.toReversed());
  const lanes = (await store.lanes()).toSorted((a, b) => (a.lane < b.lane ? -1 : 1));
  expect(lanes).toEqual(model.lanes());
  for (const among of [[], LANES.slice(1), LANES]) {
    const listed = await store.runsInLanes({ lanes: among, limit: 1_000 });
    expect(listed).toEqual(model.runsInLanes(among));
  }
  for (const lane of LANES) {
    for (const claimed of ['queued', 'waiting'] as const) {
      const query = { lane, state: claimed, now: 10 };
      expect(await store.claimable({ ...query, limit: 1_000 })).toEqual(model.claimable(query));
    }
  }
  for (const { id } of rows.slice(0, RUNS_ASKED)) {
    expect(await store.readStream(id)).toEqual(model.stream(id));
    const branches = rows.filter(({ parent }) => parent === id);
    expect(await store.branches({ parent: id, limit: 1_000 })).toEqual(branches);
  }
}

async function compareLetters(store: Store, model: ModelStore): Promise<void> {
  const letters = [...model.letters.values()].toReversed();
  expect(await store.letters({ limit: 1_000 })).toEqual(letters);
  for (const each of LETTER_STATES) {
    const ofState = letters.filter((letter) => letter.state === each);
    expect(await store.letters({ limit: 1_000, state: each })).toEqual(ofState);
  }
}

function toUnit({ writes, move, cursors }: UnitPlan, model: ModelStore): Unit {
  const built = { writes: writes.map((each) => toWrite(each, model)), cursors };
  if (move === null) return built;
  const { seq } = model.checkpoint(move.consumer);
  const from = move.fresh ? seq : seq + 1;
  const to = from + writes.length + 1;
  const checkpoint = { consumer: move.consumer, from, to, state: `[${to}]` };
  return { ...built, checkpoint, windows: move.windows };
}

function toWrite(planned: Plan, model: ModelStore): Write {
  switch (planned.kind) {
    case 'event':
      return toEvent(planned, model);
    case 'open': {
      const { kind: _, branch, ...row } = planned;
      const parent = branch === null ? null : ([...model.rows.keys()][branch] ?? 1);
      return open({ ...row, branch, parent, fork: parent });
    }
    case 'advance': {
      const row = [...model.rows.values()][planned.run];
      const version = planned.fresh ? (row?.version ?? 1) : 9_999;
      const { state: next, due: at } = planned;
      const write = advance(row?.id ?? 9_999, version, { state: next, due: at });
      const expected = { ...write, expectedEpoch: planned.epoch };
      return planned.letter ? { ...expected, letter: letterOf() } : expected;
    }
  }
}

function toEvent(planned: Extract<Plan, { kind: 'event' }>, model: ModelStore): EventWrite {
  const { key, digest, data, letter, closes } = planned;
  const write = event({ data }, key > 4 ? undefined : { key: `key ${key}`, digest });
  const id = closes && ([...model.letters.keys()][closes[0]] ?? 9_999);
  return {
    ...write,
    ...(letter ? { letter: letterOf() } : {}),
    ...(id === null ? {} : { closes: { letter: id, state: closes?.[1] ?? 'retried' } }),
  };
}
