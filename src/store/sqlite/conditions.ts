import {
  CARE_TYPES,
  type EntityQuery,
  type LetterQuery,
  type LogQuery,
  RARE_TYPES,
  type RunQuery,
} from '../queries.ts';
import type { SqliteValue } from './driver.ts';
import { STATE_NUMBERS } from './states.ts';

/** What a query asks for: conditions that all hold, and the values that they are bound to. */
export interface Conditions {
  readonly conditions: string[];
  readonly values: SqliteValue[];
}

/** Names the types as the index `events_rare` does, so that it serves; they are ours, no user's. */
const RARE_CONDITION = `(${RARE_TYPES.map((type) => `type = '${type}'`).join(' OR ')})`;

/** The same for the index `events_care`. */
export const CARE_CONDITION = `(${CARE_TYPES.map((type) => `type = '${type}'`).join(' OR ')})`;

/** Which records a query of the log asks for. */
export function logConditions(query: LogQuery): Conditions {
  const built: Conditions = { conditions: ['seq > ?'], values: [query.after] };
  if (query.until !== undefined) add(built, 'seq <= ?', query.until);
  if (query.causation !== undefined)
    add(built, 'causation = ? AND stream IS NULL', query.causation);
  if (query.type?.endsWith('*')) {
    const prefix = query.type.slice(0, -1);
    add(built, 'substr(type, 1, ?) = ?', prefix.length, prefix);
  } else if (query.type !== undefined && RARE_TYPES.includes(query.type)) {
    // The condition of the partial index, word for word: SQLite does not infer it from the other.
    built.conditions.push(RARE_CONDITION);
    add(built, 'type = ?', query.type);
  } else if (query.type !== undefined && CARE_TYPES.includes(query.type)) {
    built.conditions.push(CARE_CONDITION);
    add(built, 'type = ?', query.type);
  } else if (query.type !== undefined) add(built, 'type = ?', query.type);
  return built;
}

/** Where runs stand that undo what they did. */
const UNDOING = `substr(at, 1, 5) = 'undo.'`;

/** Which runs a list asks for. */
export function runConditions(query: RunQuery): Conditions {
  const built = idsBefore(query);
  if (query.state !== undefined) add(built, 'state = ?', STATE_NUMBERS[query.state]);
  if (query.undoing === true) built.conditions.push(`state IN (1, 2) AND ${UNDOING}`);
  else if (query.undoing === false) built.conditions.push(`NOT ${UNDOING}`);
  if (query.flow?.endsWith('*')) {
    const prefix = query.flow.slice(0, -1);
    add(built, 'substr(flow, 1, ?) = ?', prefix.length, prefix);
  } else if (query.flow !== undefined) add(built, 'flow = ?', query.flow);
  if (query.correlation !== undefined) add(built, 'correlation = ?', query.correlation);
  if (query.event !== undefined) add(built, 'event = ?', query.event);
  if (query.branches !== true) built.conditions.push('branch IS NULL');
  return built;
}

/** Which dead letters a list asks for. */
export function letterConditions(query: LetterQuery): Conditions {
  const built = idsBefore(query);
  // The condition of the partial index, word for word.
  if (query.state === 'open') built.conditions.push('closed IS NULL');
  else if (query.state !== undefined) add(built, 'state = ?', query.state);
  if (query.kind !== undefined) add(built, 'kind = ?', query.kind);
  if (query.flow !== undefined) add(built, 'flow = ?', query.flow);
  return built;
}

/** Which entities a list asks for. */
export function entityConditions(query: EntityQuery): Conditions {
  const built = idsBefore(query);
  add(built, 'kind = ?', query.kind);
  // The condition of the partial index, word for word.
  if (query.open === true) built.conditions.push('ended IS NULL');
  if (query.state !== undefined) add(built, 'state = ?', query.state);
  if (query.run !== undefined) add(built, 'run = ?', query.run);
  return built;
}

function idsBefore({ before }: { readonly before?: number | undefined }): Conditions {
  return { conditions: ['id < ?'], values: [before ?? Number.MAX_SAFE_INTEGER] };
}

function add(built: Conditions, condition: string, ...values: SqliteValue[]): void {
  built.conditions.push(condition);
  built.values.push(...values);
}
