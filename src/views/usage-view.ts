import { decodeJournal, type JournalEvent } from '../runs/journal.ts';
import { plus, type Usage } from '../runs/usage.ts';
import type { LogRecord } from '../store/contract.ts';

/**
 * What the steps of a run were paid for, by their paths: each attempt, failed ones and those before
 * a repair too. Where a provider does not say what an attempt used, it is not counted.
 */
export function usageOf(records: readonly LogRecord[]): Map<string, Usage> {
  const usages = new Map<string, Usage>();
  let isFailing = false;
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry === undefined || !('at' in entry)) continue;
    // The end of a run that was failing repeats what it fails with.
    const isRepeated = isFailing && entry.type === 'run.failed';
    if (entry.type === 'run.failing') isFailing = true;
    else if (entry.type === 'run.retried') isFailing = false;
    const usage = isRepeated ? undefined : paid(entry);
    const sum = plus(usages.get(entry.at), usage);
    if (sum !== undefined) usages.set(entry.at, sum);
  }
  return usages;
}

function paid(entry: JournalEvent): Usage | undefined {
  if ('usage' in entry && entry.usage !== undefined) return entry.usage;
  return 'error' in entry ? entry.error?.usage : undefined;
}
