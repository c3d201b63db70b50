import { isAction } from '../runs/next.ts';
import { stepAt } from '../runs/position.ts';
import type { LogRecord, RunRow } from '../store/contract.ts';
import { decodeRestored } from '../store/restored.ts';
import { idOf } from '../store/record.ts';
import type { LogReader } from './log-reader.ts';
import { keyOf } from './run-key.ts';
import { pinnedFlow } from './run-page.ts';
import { type UncertainEffect, WITHIN } from './uncertain.ts';

/**
 * The steps at which runs stood when a backup was made that was restored later: in between they may
 * have happened, and they are begun again. What came behind them may have happened too.
 */
export async function restoreDoubts(
  reader: LogReader,
  record: LogRecord,
): Promise<UncertainEffect[]> {
  const doubts: UncertainEffect[] = [];
  for (const [run, at] of decodeRestored(record).open) {
    const row = await reader.store.run(run);
    const doubt = row && (await doubtOf(reader, row, { at, record }));
    if (doubt !== undefined) doubts.push(doubt);
  }
  return doubts;
}

async function doubtOf(
  reader: LogReader,
  row: RunRow,
  { at, record }: { readonly at: string; readonly record: LogRecord },
): Promise<UncertainEffect | undefined> {
  const { store } = reader;
  const flow = await pinnedFlow(reader, row);
  const written = flow && stepAt(flow, at);
  const kind = written?.kind ?? null;
  if (kind !== null && WITHIN.has(kind)) return undefined;
  const step = written?.id ?? at;
  return {
    run: idOf(store.identity, row.id),
    flow: row.flow,
    step,
    kind,
    effect: written !== undefined && isAction(written) ? written.effect : null,
    key: `${await keyOf(store, row)}/${step}`,
    attempts: row.attempt,
    time: new Date(record.received).toISOString(),
    doubt: 'twice',
    reason: 'the log was restored: it may have happened after the backup, and is begun again',
  };
}
