import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';

/** The event as one line of JSON. Its payload is not parsed for it, and so keeps every digit. */
export function eventText(record: LogRecord, identity: LogIdentity): string {
  const { data: _, ...attributes } = toEvent({ ...record, data: 'null' }, identity);
  // In a JSON text a line can only break between its parts: within a string it is escaped.
  const data = record.data.replaceAll(/[\r\n]+/g, ' ');
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`;
}
