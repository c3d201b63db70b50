import { excerpt } from '../flows/cel/messages.ts';
import { seenData } from '../runs/named-start.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LetterKind, LetterRow, LetterState } from '../store/contract.ts';
import { refuseStrangeFlow } from './known-flow.ts';
import { type LetterDetail, type LetterView, viewLetter, viewLetterDetail } from './letter-view.ts';
import { type LogReader, recordAt, seqOf } from './log-reader.ts';

/** Which dead letters to list, newest first. */
export interface LetterPageQuery {
  readonly limit: number;
  readonly state?: LetterState | undefined;
  readonly kind?: LetterKind | undefined;
  readonly flow?: string | undefined;
  /** Only letters that stand behind this one in the list, by its id. */
  readonly after?: string | undefined;
}

export interface LetterPage {
  readonly items: readonly LetterView[];
  /** The `after` of the next page; null where this is the last. */
  readonly next: string | null;
}

/** How many characters of events a page reads before it ends early. */
const PAGE_LENGTH_MAX = 4_194_304;

/**
 * One page of dead letters, shorter than `limit` where their events are large.
 *
 * @throws SignalboxError `flow.unknown` where there is no such flow, and it left nothing.
 */
export async function readLetters(reader: LogReader, query: LetterPageQuery): Promise<LetterPage> {
  const { store } = reader;
  const { limit, state, kind, flow, after } = query;
  const before = after === undefined ? undefined : (seqOf(store.identity, after) ?? 0);
  const rows = await store.letters({ limit: limit + 1, state, kind, flow, before });
  if (flow !== undefined && rows.length === 0) await refuseStrangeFlow(reader, flow);
  const items: LetterView[] = [];
  let length = 0;
  for (const row of rows.slice(0, limit)) {
    const event = await recordAt(store, row.event);
    items.push(viewLetter(reader, row, event));
    length += event?.data.length ?? 0;
    if (length > PAGE_LENGTH_MAX) break;
  }
  const last = items.length < rows.length ? items.at(-1) : undefined;
  return { items, next: last?.id ?? null };
}

/** The seq that the id of a dead letter names, whole or as a bare number; undefined for others. */
export function letterSeq({ store }: LogReader, id: string): number | undefined {
  return seqOf(store.identity, id);
}

/** What is said of an id that no dead letter has. */
export function unknownLetter(id: string): SignalboxError {
  const message = `There is no dead letter "${excerpt(id)}". List them with: signalbox dlq`;
  return new SignalboxError('letter.unknown', message);
}

/** The dead letter with this id; undefined where there is none. */
export async function findLetter(reader: LogReader, id: string): Promise<LetterDetail | undefined> {
  const seq = letterSeq(reader, id);
  const row = seq === undefined ? undefined : await reader.store.letter(seq);
  return row === undefined ? undefined : readLetter(reader, row);
}

/** A dead letter with all that is shown of one. */
export async function readLetter(reader: LogReader, row: LetterRow): Promise<LetterDetail> {
  const { store } = reader;
  const event = await recordAt(store, row.event);
  const closing = row.closed === null ? undefined : await recordAt(store, row.closed);
  const data = event === undefined ? 'null' : await seenData(store, event, row.flow);
  return viewLetterDetail(reader, row, { event, data, closing });
}
