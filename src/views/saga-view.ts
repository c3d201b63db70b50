import type { Flow, Step } from '../flows/flow.ts';
import { undoId } from '../flows/saga.ts';
import { compensating } from '../runs/compensate.ts';
import { Forks } from '../runs/forks.ts';
import type { Motion } from '../runs/motion.ts';
import { isUndoing, stepAt, stepsOf, undoPath } from '../runs/position.ts';
import { pendingOf, type Registered, type Saga } from '../runs/saga.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { type LogReader, readableCatalog, seqOf } from './log-reader.ts';
import { readRunFacts } from './run-page.ts';
import { type StepView, viewRun } from './run-view.ts';
import { type ShownState, shownState } from './shown-state.ts';

/** What would be undone if a run were cancelled now, or what is left to undo. */
export interface SagaPreview {
  readonly run: string;
  readonly flow: string;
  readonly state: ShownState;
  /** In the order in which it would be undone. */
  readonly undo: readonly SagaItem[];
  /** What the run did that would stay done, in the order of the flow, and why. */
  readonly left: readonly SagaLeft[];
}

/** A step that would be undone. */
export interface SagaItem {
  readonly step: string;
  /** True, or `unknown` where it was begun and nobody knows. */
  readonly happened: true | 'unknown';
  /** What the step was given and gave; null for one that others did, or where that is unknown. */
  readonly input: Json;
  readonly output: Json;
  /** What undoes it; null where others do that. */
  readonly undo: SagaUndo | null;
  /** The first of the runs that would undo what they did, all of them together. */
  readonly together: readonly SagaPreview[];
  /** Whether its undo has failed before, and how. */
  readonly stuck: string | null;
}

export interface SagaUndo {
  /** Such as `run`. */
  readonly kind: string;
  readonly key: string;
  /** What it would be given; null where that cannot be made. */
  readonly input: Json;
  /** Why that cannot be made, so that the undo would fail. */
  readonly error: string | null;
}

export interface SagaLeft {
  readonly step: string;
  readonly why: string;
}

/** How many runs of a fork are looked into, and how deep. */
const TOGETHER_MAX = 100;
const DEPTH_MAX = 8;
const BY_HAND = { by: 'preview', reason: null };

/**
 * What would be undone now, of what a run did.
 *
 * @throws SignalboxError `run.unknown` where there is no such run, and `run.unreadable` where its
 *   flow or its records cannot be read.
 */
export async function previewSaga(reader: LogReader, id: string): Promise<SagaPreview> {
  const { store } = reader;
  const seq = seqOf(store.identity, id);
  const row = seq === undefined ? undefined : await store.run(seq);
  if (row === undefined) {
    const message = `There is no run "${id}"; see "signalbox runs ls".`;
    throw new SignalboxError('run.unknown', message);
  }
  // By the run's own catalog: one that was moved goes by another than its event was matched under.
  const findFlow: ConstructorParameters<typeof Forks>[0]['findFlow'] = async (hash, name) =>
    (await readableCatalog(reader, hash))?.flows.get(name);
  return new Previews(reader, new Forks({ store, findFlow })).of(row, DEPTH_MAX);
}

class Previews {
  readonly #reader: LogReader;
  readonly #forks: Forks;

  constructor(reader: LogReader, forks: Forks) {
    this.#reader = reader;
    this.#forks = forks;
  }

  async of(row: RunRow, depth: number): Promise<SagaPreview> {
    const { identity } = this.#reader.store;
    const motion = await this.#forks.takeUp(row);
    try {
      const saga = sagaOf(motion);
      const items = saga === undefined ? [] : wanted(saga, row).toReversed();
      const undo: SagaItem[] = [];
      for (const item of items) undo.push(await this.#item(motion, item, depth));
      const facts = await readRunFacts(this.#reader, row);
      const left = leftOf(viewRun(facts, identity).steps, { motion, saga, items });
      const { flow } = row;
      return { run: idOf(identity, row.id), flow, state: shownState(row), undo, left };
    } finally {
      if (motion.fork !== undefined) this.#forks.letGo(motion.fork);
    }
  }

  async #item(motion: Motion, item: Registered, depth: number): Promise<SagaItem> {
    const { step, happened, output, undo, fork } = item;
    return {
      step,
      happened,
      input: fork === undefined ? motion.inputOf(item) : null,
      output,
      undo: undoOf(motion, item),
      together: fork === undefined || depth === 0 ? [] : await this.#together(motion, fork, depth),
      stuck: undo.kind === 'stuck' ? undo.error.message : null,
    };
  }

  async #together(motion: Motion, fork: number, depth: number): Promise<readonly SagaPreview[]> {
    const { store } = this.#reader;
    const rows = await store.branches({ parent: motion.id, fork, limit: TOGETHER_MAX });
    const previews: SagaPreview[] = [];
    for (const row of rows) previews.push(await this.of(row, depth - 1));
    return previews;
  }
}

/** The saga as it would be if the run, or what called it, were cancelled now. */
function sagaOf(motion: Motion): Saga | undefined {
  const { run, saga } = motion;
  if (saga === undefined || isUndoing(run.at)) return saga;
  const entry = { at: run.at, step: run.at };
  const record = compensating(motion, { because: BY_HAND, entry }, {});
  return record === undefined ? saga : motion.sagaAfter(record);
}

/** What is left to undo: of a run that is over by itself only what its caller would undo. */
function wanted(saga: Saga, { ended, fork, state }: RunRow): readonly Registered[] {
  if (state === 'compensation_stuck') return saga.list.filter(({ undo }) => undo.kind === 'stuck');
  return ended !== null && fork === null ? [] : pendingOf(saga);
}

function undoOf(motion: Motion, item: Registered): SagaUndo | null {
  const step = stepAt(motion.flow, undoPath(item.at));
  if (step === undefined || step.fork !== undefined || step.choice !== undefined) return null;
  const own = { kind: step.kind, key: motion.key(undoId(item.step), item.round) };
  try {
    return { ...own, input: motion.undoInputOf(item), error: null };
  } catch (error) {
    return { ...own, input: null, error: messageOf(error) };
  }
}

/** Of the steps that were begun those that would stay done. */
function leftOf(
  steps: readonly StepView[],
  known: {
    readonly motion: Motion;
    readonly saga: Saga | undefined;
    readonly items: readonly Registered[];
  },
): readonly SagaLeft[] {
  const { motion, saga, items } = known;
  const undone = new Set(items.map(({ step }) => step));
  return steps.flatMap(({ id, started, state }) => {
    if (started === null || undone.has(id) || id.includes('.')) return [];
    const item = saga?.list.find(({ step }) => step === id);
    return [{ step: id, why: whyLeft(motion, { id, saga, item, state }) }];
  });
}

function whyLeft(
  { run, flow }: Motion,
  {
    id,
    saga,
    item,
    state,
  }: {
    readonly id: string;
    readonly saga: Saga | undefined;
    readonly item: Registered | undefined;
    readonly state: StepView['state'];
  },
): string {
  if (item?.undo.kind === 'done') return 'it is undone';
  if (item?.undo.kind === 'skipped') return 'a person said that it need not be undone';
  if (saga?.pivot !== undefined) return `the run is behind its pivot "${saga.pivot}"`;
  if (item !== undefined) return `the run is ${run.state}: what it did stays done`;
  const step = stepOf(flow, id);
  const isUndoable = step?.choice === undefined && step?.fork === undefined && step?.compensate;
  if (isUndoable === undefined) return 'nothing undoes it';
  return state === 'failed' ? 'it failed for certain' : 'it has not begun';
}

function stepOf(flow: Flow, id: string): Step | undefined {
  for (const [, step] of stepsOf(flow)) if (step.id === id) return step;
  return undefined;
}
