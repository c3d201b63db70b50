import { decodeJournal } from '../../runs/journal.ts';
import { runTrace } from '../../runs/run-trace.ts';
import { spanIdOf } from '../../std/trace-context.ts';
import type { LogRecord, RunRow, Store } from '../../store/contract.ts';
import { idOf, traceparentOf } from '../../store/record.ts';
import type { LogReader } from '../log-reader.ts';
import { keyOf } from '../run-key.ts';
import { readRunFacts } from '../run-page.ts';
import { viewRun } from '../run-view.ts';
import { runSpans } from './run-spans.ts';
import type { Span } from './span.ts';

/** How many forks may lie between a branch and its run. */
const DEPTH_MAX = 100;

/** The spans of a run that has ended, read from the log; none where whoever began it wants none. */
export async function readSpans(reader: LogReader, id: number): Promise<readonly Span[]> {
  const { store } = reader;
  const row = await store.run(id);
  // Somebody has taken it up again: its spans come with its next end.
  if (row === undefined || row.ended === null) return [];
  const facts = await readRunFacts(reader, row);
  const { cause } = facts;
  const trace = runTrace(row.correlation, cause && traceparentOf(cause));
  if (!trace.sampled) return [];
  return runSpans({
    view: viewRun(facts, store.identity),
    trace,
    parent: (await spanOfOpener(store, row)) ?? trace.parent ?? (await spanOfCause(store, cause)),
    eventType: cause?.type ?? '',
  });
}

/** The span of the step that opened the run; undefined where an event did. */
async function spanOfOpener(store: Store, row: RunRow): Promise<string | undefined> {
  const { parent, branch, fork } = row;
  if (parent === null) return undefined;
  const above = await store.run(parent);
  if (above === undefined) return undefined;
  // `RUN/STEP[INDEX]`: the step's own key lies before its index.
  if (branch !== null) return spanIdOf((await keyOf(store, row)).replace(/\[\d+\]$/, ''));
  const records = fork === null ? [] : await store.readStream(parent);
  const forked = records.find(({ type, prev }) => type === 'step.forked' && prev === fork);
  const entry = forked && decodeJournal(forked);
  if (entry?.type !== 'step.forked') return spanIdOf(idOf(store.identity, parent));
  return spanIdOf(`${await keyOf(store, above)}/${entry.step}`);
}

/** The span of the run that emitted the event, or that the event is about. */
async function spanOfCause(
  store: Store,
  cause: LogRecord | undefined,
): Promise<string | undefined> {
  let id = cause?.stream ?? cause?.causation ?? null;
  for (let depth = 0; id !== null && depth < DEPTH_MAX; depth++) {
    const row: RunRow | undefined = await store.run(id);
    if (row === undefined) return undefined;
    if (row.branch === null) return spanIdOf(idOf(store.identity, row.id));
    id = row.parent;
  }
  return undefined;
}
