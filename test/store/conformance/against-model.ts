import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogRecord, RunState, Store, Unit, Write } from '../../../src/store/contract.ts';
import { unitProblem } from '../../../src/store/unit-problem.ts';
import { readAll, type StoreFixture } from './fixture.ts';
import { ModelStore } from './model.ts';
import { advance, event, open } from './units.ts';

const STATES: readonly RunState[] = ['queued', 'running', 'waiting', 'succeeded', 'failed'];
const CONSUMERS = ['router', 'views'];

/** A write whose run and version are still to be looked up in the log as it then is. */
type Plan =
  | { readonly kind: 'event'; readonly data: string; readonly key: number; readonly digest: string }
  | { readonly kind: 'open'; readonly state: RunState; readonly due: number | null }
  | {
      readonly kind: 'advance';
      readonly run: number;
      readonly fresh: boolean;
      readonly epoch: number;
      readonly state: RunState;
    };

interface UnitPlan {
  readonly writes: readonly Plan[];
  readonly move: { readonly consumer: string; readonly fresh: boolean } | null;
}

const state = fc.constantFrom(...STATES);
const usually = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false));

const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({
    kind: fc.constant('event' as const),
    data: fc.json({ stringUnit: 'binary' }),
    key: fc.nat(9),
    digest: fc.constantFrom('d', 'd', 'e'),
  }),
  fc.record({
    kind: fc.constant('open' as const),
    state,
    due: fc.option(fc.nat(20)),
  }),
  fc.record({
    kind: fc.constant('advance' as const),
    run: fc.nat(6),
    fresh: usually,
    epoch: fc.constantFrom(1, 1, 1, 2),
    state,
  }),
);

const unitPlan: fc.Arbitrary<UnitPlan> = fc.record({
  writes: fc.array(plan, { maxLength: 4 }),
  move: fc.option(fc.record({ consumer: fc.constantFrom(...CONSUMERS), fresh: usually }), {
    freq: 2,
  }),
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
  const rows = [...model.rows.values()];
  expect(await store.runs({ limit: 1_000 })).toEqual(rows.toReversed());
  expect(await store.openRuns()).toEqual(model.openRuns());
  expect(await store.nextDue()).toBe(model.nextDue());
  const claimable = await store.claimable({ now: 10, limit: 1_000, orphans: false });
  expect(claimable).toEqual(model.claimable(10));
  for (const consumer of CONSUMERS) {
    expect(await store.checkpoint(consumer)).toEqual(model.checkpoint(consumer));
  }
  for (const { id } of rows.slice(0, 3)) {
    expect(await store.readStream(id)).toEqual(model.stream(id));
  }
}

function toUnit({ writes, move }: UnitPlan, model: ModelStore): Unit {
  const built = { writes: writes.map((each) => toWrite(each, model)) };
  if (move === null) return built;
  const { seq } = model.checkpoint(move.consumer);
  const from = move.fresh ? seq : seq + 1;
  const to = from + writes.length + 1;
  return { ...built, checkpoint: { consumer: move.consumer, from, to, state: `[${to}]` } };
}

function toWrite(planned: Plan, model: ModelStore): Write {
  switch (planned.kind) {
    case 'event': {
      const { key, digest, data } = planned;
      return event({ data }, key > 4 ? undefined : { key: `key ${key}`, digest });
    }
    case 'open':
      return open({ state: planned.state, due: planned.due });
    case 'advance': {
      const row = [...model.rows.values()][planned.run];
      const version = planned.fresh ? (row?.version ?? 1) : 9_999;
      const write = advance(row?.id ?? 9_999, version, { state: planned.state, due: 3 });
      return { ...write, expectedEpoch: planned.epoch };
    }
  }
}
