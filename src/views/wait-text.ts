import { wantedText } from '../runs/awaiting.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { LogRecord } from '../store/contract.ts';

/** Which event a run waits for, by its last record; null where it waits for none. */
export function waitText(last: LogRecord | undefined): string | null {
  const entry = last?.type === 'step.waiting' ? decodeJournal(last) : undefined;
  if (entry?.type !== 'step.waiting' || entry.wait === undefined) return null;
  return `waits for ${wantedText(entry.wait)}`;
}
