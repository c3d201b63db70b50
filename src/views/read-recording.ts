import type { Catalog } from '../flows/catalog.ts';
import type { Flow } from '../flows/flow.ts';
import { windowMembers } from '../runs/named-start.ts';
import type { RecordedRun } from '../runs/recorded/recording.ts';
import { wayOf } from '../runs/recorded/way.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LogRecord, RunRow } from '../store/contract.ts';
import { type LogReader, readableCatalog } from './log-reader.ts';
import { readOpened } from './opened-runs.ts';
import { startedBy } from './run-view.ts';

/** A run as it was recorded, and the definitions by which it went. */
export interface Recording {
  readonly run: RecordedRun;
  readonly catalog: Catalog;
}

/** How many runs and records are read of one run and those that it opened. */
const RUNS_MAX = 2_000;
const RECORDS_MAX = 100_000;

/** A run with those that it opened, or why it cannot be read whole. */
export async function readRecording(
  reader: LogReader,
  row: RunRow,
  event: LogRecord,
): Promise<Recording | { readonly problem: string }> {
  const started = startedBy(await reader.store.readAt([row.id]));
  const catalog = started && (await readableCatalog(reader, started.catalog));
  if (catalog === undefined) return { problem: 'the definition by which it went is lost' };
  const reading = { reader, event, catalog, runs: 0, records: 0 };
  try {
    return { run: await readWith(reading, row), catalog };
  } catch (error) {
    if (error instanceof SignalboxError && error.code === UNREADABLE)
      return { problem: error.message };
    throw error;
  }
}

const UNREADABLE = 'run.unreadable';

interface Reading {
  readonly reader: LogReader;
  readonly event: LogRecord;
  readonly catalog: Catalog;
  runs: number;
  records: number;
}

async function readWith(reading: Reading, row: RunRow): Promise<RecordedRun> {
  const { reader, event, catalog } = reading;
  const { store } = reader;
  const records = await store.readStream(row.id);
  const started = startedBy(records);
  const flow = catalog.flows.get(row.flow);
  if (started === undefined || flow === undefined)
    throw new SignalboxError(UNREADABLE, 'its records or its definition are lost');
  count(reading, records.length);
  const opened = await readOpened(store, row, flow);
  const children: RecordedRun[] = [];
  for (const child of opened) children.push(await readWith(reading, child));
  const members = row.branch === null ? await windowMembers(store, event, flow.name) : [];
  return { row, started, event, members, flow, children, ...wayOf(flow, records) };
}

function count(reading: Reading, records: number): void {
  reading.runs++;
  reading.records += records;
  if (reading.runs <= RUNS_MAX && reading.records <= RECORDS_MAX) return;
  const most = `${RUNS_MAX} runs or ${RECORDS_MAX} records`;
  throw new SignalboxError(UNREADABLE, `it and what it opened are more than ${most}`);
}

/** The flows of a catalog, as runs find them. */
export function flowsOf({ flows }: Catalog): (name: string) => Flow | undefined {
  return (name) => flows.get(name);
}
