import type { Catalog } from '../../../src/flows/catalog.ts';
import type { ActionStep, Effect, Step } from '../../../src/flows/flow.ts';
import type { StepContext, StepKind, StepResult } from '../../../src/runs/step-kind.ts';
import type {
  AdvanceWrite,
  AppendResult,
  Store,
  Unit,
  Write,
} from '../../../src/store/contract.ts';
import { alteredStore } from '../../fixtures/altered-store.ts';
import { isAction } from '../../../src/runs/next.ts';

/** A bug, planted where the engine's parts meet. */
export interface Mutation {
  readonly store?: (store: Store) => Store;
  readonly kind?: (kind: StepKind) => StepKind;
  readonly catalog?: (catalog: Catalog) => Catalog;
}

/** A planted bug, and what must be said of it. */
export interface Mutant {
  readonly name: string;
  readonly mutation: Mutation;
  readonly seen: RegExp;
}

/** Bugs that others have had, or that we might: the simulation must see each of them. */
export const MUTANTS: readonly Mutant[] = [
  mutant('an event is not remembered', /is in the log twice/, onWrites(withoutDedupe)),
  mutant('an event is acknowledged early', /not in the log/, onAppend(acknowledgedEarly)),
  mutant('the router moves on before its runs are recorded', /missing/, onAppend(placeFirst)),
  mutant('results are taken from anyone', /after the end|begun again/, {
    store: (store) =>
      withOldAnswers(alteredStore(store, { append: (unit) => takenFromAnyone(store, unit) })),
  }),
  mutant('a claim does not raise the epoch', /"field":"epoch"/, onWrites(claimedUnderOldEpoch)),
  mutant('a step begins before that is recorded', /called while/, onAppend(begunEarly)),
  mutant('a full disk is taken for a written one', /not in the log/, onAppend(fullIsFine)),
  mutant('emissions stand apart from completions', /instead of/, onAppend(emittedApart)),
  mutant('a wait ends before its time', /due at .* taken up at/, onWrites(wokenEarly)),
  mutant('nobody looks for what is left behind', /not over/, { store: withoutOrphans }),
  mutant('a slot stays empty while runs wait', /ms late/, { store: withFewer }),
  mutant('nobody knows what falls due next', /ms late|not over/, { store: withoutNext }),
  mutant('a step is done before it is called', /nothing happened/, onExecute(doneFirst)),
  mutant('each attempt has a key of its own', /: key /, onExecute(keyPerAttempt)),
  mutant('what may have happened has not', /happened twice/, onExecute(neverHappened)),
  mutant('a step that asks is repeated', /repeated blindly/, tamed('ask')),
  mutant('a step that can be verified is not', /repeated unasked/, tamed('verify')),
  mutant('a step is tried too often', /tried \d times and more/, { catalog: triedOnceMore }),
];

function mutant(name: string, seen: RegExp, mutation: Mutation): Mutant {
  return { name, mutation, seen };
}

function onAppend(append: (store: Store, unit: Unit) => Promise<AppendResult>): Mutation {
  return { store: (store) => alteredStore(store, { append: (unit) => append(store, unit) }) };
}

function onWrites(change: (write: Write) => Write): Mutation {
  return onAppend((store, unit) => store.append({ ...unit, writes: unit.writes.map(change) }));
}

function onExecute(
  execute: (kind: StepKind, context: StepContext) => Promise<StepResult>,
): Mutation {
  return { kind: (kind) => ({ ...kind, execute: (context) => execute(kind, context) }) };
}

function withoutDedupe(write: Write): Write {
  return write.kind === 'event' ? { kind: 'event', record: write.record } : write;
}

async function acknowledgedEarly(store: Store, unit: Unit): Promise<AppendResult> {
  const result = store.append(unit);
  const [write] = unit.writes;
  const foreign = write?.kind === 'event' && write.record.id !== null;
  return foreign ? { kind: 'appended', first: store.head() + 1 } : result;
}

async function placeFirst(store: Store, { writes, checkpoint }: Unit): Promise<AppendResult> {
  if (checkpoint !== undefined) await store.append({ writes: [], checkpoint });
  return store.append({ writes });
}

async function takenFromAnyone(store: Store, unit: Unit): Promise<AppendResult> {
  const writes = unit.writes.map(async (write) => {
    const row = write.kind === 'advance' ? await store.run(write.run) : undefined;
    if (row === undefined) return write;
    return { ...write, expectedVersion: row.version, expectedEpoch: row.epoch };
  });
  return store.append({ ...unit, writes: await Promise.all(writes) });
}

function claimedUnderOldEpoch(write: Write): Write {
  if (write.kind !== 'advance') return write;
  return { ...write, row: { ...write.row, epoch: write.expectedEpoch } };
}

async function begunEarly(store: Store, unit: Unit): Promise<AppendResult> {
  const result = store.append(unit);
  const begun = unit.writes.some(({ record }) => record.type === 'step.started');
  return begun ? { kind: 'appended', first: store.head() + 1 } : result;
}

async function fullIsFine(store: Store, unit: Unit): Promise<AppendResult> {
  const result = await store.append(unit);
  return result.kind === 'full' ? { kind: 'appended', first: store.head() + 1 } : result;
}

async function emittedApart(store: Store, unit: Unit): Promise<AppendResult> {
  const last = unit.writes.at(-1);
  if (last?.kind !== 'advance' || unit.writes.length === 1) return store.append(unit);
  await store.append({ writes: unit.writes.slice(0, -1) });
  const result = await store.append({ writes: [last] });
  if (result.kind !== 'appended') return result;
  return { kind: 'appended', first: result.first - unit.writes.length + 1 };
}

function wokenEarly(write: Write): Write {
  return write.kind === 'advance' && write.row.due !== null ? sooner(write, write.row.due) : write;
}

function sooner(write: AdvanceWrite, due: number): AdvanceWrite {
  return { ...write, row: { ...write.row, due: due - 200 } };
}

function withoutOrphans(store: Store): Store {
  return alteredStore(store, { orphans: async () => [] });
}

function withFewer(store: Store): Store {
  const claimable: Store['claimable'] = async (query) => {
    return (await store.claimable(query)).slice(0, 1);
  };
  return alteredStore(store, { claimable });
}

/** Gives each answer once more: no harm where results are taken only from who holds a run. */
function withOldAnswers(store: Store): Store {
  let before: Awaited<ReturnType<Store['claimable']>> = [];
  const claimable: Store['claimable'] = async (query) => {
    const rows = await store.claimable(query);
    const old = before.filter(({ id, lane }) => {
      return lane === query.lane && rows.every((row) => row.id !== id);
    });
    before = rows;
    return [...old, ...rows];
  };
  return alteredStore(store, { claimable });
}

function withoutNext(store: Store): Store {
  const due = { queued: null, waiting: null };
  const lanes: Store['lanes'] = async () => {
    return (await store.lanes()).map((lane) => ({ ...lane, due }));
  };
  return alteredStore(store, { lanes });
}

async function doneFirst(kind: StepKind, context: StepContext): Promise<StepResult> {
  const { question } = context.input as { readonly question?: boolean };
  const result = kind.execute(context);
  if (kind.shape.kind !== 'act' || question === true) return result;
  result.catch(() => {});
  return { kind: 'done', output: context.step };
}

async function keyPerAttempt(kind: StepKind, context: StepContext): Promise<StepResult> {
  const key = context.attempt === 1 ? context.key : `${context.key}#${context.attempt}`;
  return kind.execute({ ...context, key, signal: context.signal });
}

async function neverHappened(kind: StepKind, context: StepContext): Promise<StepResult> {
  const result = await kind.execute(context);
  return 'error' in result ? { ...result, error: { ...result.error, happened: 'no' } } : result;
}

function tamed(effect: Effect): Mutation {
  const tame = (step: ActionStep): Step => {
    return step.effect === effect ? { ...step, effect: 'idempotent' } : step;
  };
  return { catalog: (catalog) => withSteps(catalog, tame) };
}

function triedOnceMore(catalog: Catalog): Catalog {
  return withSteps(catalog, ({ retry, ...step }) => ({
    ...step,
    retry: { ...retry, attempts: retry.attempts + 1 },
  }));
}

function withSteps(catalog: Catalog, change: (step: ActionStep) => Step): Catalog {
  const flows = [...catalog.flows].map(([name, flow]) => {
    const steps = flow.steps.map((step) => (isAction(step) ? change(step) : step));
    return [name, { ...flow, steps }] as const;
  });
  return { ...catalog, flows: new Map(flows) };
}
