import type { Json } from '../std/json.ts';
import type { LetterKind, LetterRow, LetterState, LogRecord } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import type { LogReader } from './log-reader.ts';

/** A dead letter as people and programs see it. Times are ISO 8601. */
export interface LetterView {
  readonly id: string;
  /** What could not be done. */
  readonly kind: LetterKind;
  readonly state: LetterState;
  readonly at: string;
  /** The id of the event that it is about. */
  readonly event: string;
  readonly flow: string;
  readonly run: string | null;
  readonly step: string | null;
  /** How often it was tried. */
  readonly attempts: number;
  readonly error: { readonly code: string; readonly message: string };
  /** The id of the record that closed it. */
  readonly closed: string | null;
}

/** A dead letter with what a retry would go on with. */
export interface LetterDetail extends LetterView {
  /** The data of the event. */
  readonly data: Json;
  /** Who closed it and why; null where it is open. */
  readonly closing: LetterClosingView | null;
}

export interface LetterClosingView {
  readonly at: string;
  readonly by: string | null;
  readonly reason: string | null;
}

/** A letter, given the record of its event where the log holds it. */
export function viewLetter(
  { store: { identity } }: LogReader,
  letter: LetterRow,
  event: LogRecord | undefined,
): LetterView {
  const { id, kind, state, at, flow, run, step, attempts, code, message, closed } = letter;
  return {
    id: idOf(identity, id),
    kind,
    state,
    at: new Date(at).toISOString(),
    event: event?.id ?? idOf(identity, letter.event),
    flow,
    run: run === null ? null : idOf(identity, run),
    step,
    attempts,
    error: { code, message },
    closed: closed === null ? null : idOf(identity, closed),
  };
}

/** What is shown of a letter beside its row. */
export interface LetterFacts {
  readonly event: LogRecord | undefined;
  /** The payload that a retry would give its flow, as JSON. */
  readonly data: string;
  readonly closing: LogRecord | undefined;
}

/** A letter with the event's data, and with how it was closed. */
export function viewLetterDetail(
  reader: LogReader,
  letter: LetterRow,
  { event, data, closing }: LetterFacts,
): LetterDetail {
  return {
    ...viewLetter(reader, letter, event),
    data: JSON.parse(data) as Json,
    closing: closing === undefined ? null : viewClosing(closing),
  };
}

function viewClosing({ received, data }: LogRecord): LetterClosingView {
  const { by = null, reason = null } = JSON.parse(data) as {
    readonly by?: string;
    readonly reason?: string | null;
  };
  return { at: new Date(received).toISOString(), by, reason };
}
