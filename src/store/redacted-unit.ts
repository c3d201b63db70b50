import type { Redaction } from '../std/redact.ts';
import type { CursorWrite, LetterDraft, RecordDraft, RunColumns, Unit, Write } from './contract.ts';
import type { EntityWrite } from './entity.ts';

/**
 * What flows are made of is recorded as the user wrote it: references are in it, not what they
 * stand for, and with a text put in its place it would mean another thing.
 */
const AS_WRITTEN = 'catalog.activated';

/**
 * The unit without the secrets that are known: what no part of the daemon has noticed before it
 * hands something to the store, does not get further than here.
 *
 * Gives the unit itself where there is none, as there nearly always is.
 */
export function redactedUnit(unit: Unit, redaction: Redaction): Unit {
  const writes = mapped(unit.writes, (write) => redactedWrite(write, redaction));
  const cursors = unit.cursors && mapped(unit.cursors, (each) => redactedCursor(each, redaction));
  if (writes === unit.writes && cursors === unit.cursors) return unit;
  return { ...unit, writes, ...(cursors && { cursors }) };
}

function redactedWrite(write: Write, redaction: Redaction): Write {
  const record = redactedRecord(write.record, redaction);
  const letter = 'letter' in write ? write.letter : undefined;
  const said = letter && redactedLetter(letter, redaction);
  if (write.kind === 'event') {
    if (record === write.record && said === letter) return write;
    return { ...write, record, ...(said && { letter: said }) };
  }
  if (write.kind === 'entity') return redactedEntity({ ...write, record }, write, redaction);
  const row = redactedRow(write.row, redaction);
  if (record === write.record && said === letter && row === write.row) return write;
  return { ...write, record, row, ...(said && { letter: said }) } as Write;
}

function redactedRecord(record: RecordDraft, { text, json }: Redaction): RecordDraft {
  if (record.type === AS_WRITTEN) return record;
  const data = json(record.data);
  const attributes = record.attributes === null ? null : json(record.attributes);
  const { type, source, id, subject, correlation } = record;
  const all = `${type}\0${source}\0${id}\0${subject}\0${correlation}`;
  const isClean = text(all) === all;
  if (data === record.data && attributes === record.attributes && isClean) return record;
  const plain = (value: string | null): string | null => (value === null ? null : text(value));
  return {
    ...record,
    type: text(type),
    source: plain(source),
    id: plain(id),
    subject: plain(subject),
    correlation: plain(correlation),
    attributes,
    data,
  };
}

function redactedRow<Row extends RunColumns & { readonly correlation?: string }>(
  row: Row,
  { text }: Redaction,
): Row {
  const reason = row.reason === null ? null : text(row.reason);
  const correlation = row.correlation === undefined ? undefined : text(row.correlation);
  if (reason === row.reason && correlation === row.correlation) return row;
  return { ...row, reason, ...(correlation !== undefined && { correlation }) };
}

function redactedEntity(write: EntityWrite, before: EntityWrite, { json }: Redaction): EntityWrite {
  const data = json(write.row.data);
  if (data === write.row.data) return write.record === before.record ? before : write;
  return { ...write, row: { ...write.row, data } };
}

function redactedLetter(letter: LetterDraft, { text }: Redaction): LetterDraft {
  const message = text(letter.message);
  return message === letter.message ? letter : { ...letter, message };
}

function redactedCursor(cursor: CursorWrite, { text }: Redaction): CursorWrite {
  const key = text(cursor.key);
  const value = cursor.value === null ? null : text(cursor.value);
  return key === cursor.key && value === cursor.value ? cursor : { ...cursor, key, value };
}

/** The list itself where nothing in it has changed. */
function mapped<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (const [index, item] of list.entries()) {
    const after = change(item);
    if (after === item) continue;
    changed ??= [...list];
    changed[index] = after;
  }
  return changed ?? list;
}
