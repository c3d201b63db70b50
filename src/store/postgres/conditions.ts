import {
  type EntityQuery,
  type LetterQuery,
  type LogQuery,
  type RunQuery,
  RARE_TYPES,
} from '../queries.ts';

/** What a query asks for: conditions that all hold, and the values that they are bound to. */
export interface Conditions {
  readonly conditions: string[];
  readonly values: (string | number)[];
}

/** Which records a query of the log asks for. */
export function logConditions(query: LogQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'seq >', query.after);
  if (query.until !== undefined) add(built, 'seq <=', query.until);
  if (query.causation !== undefined) {
    add(built, 'stream IS NULL AND causation =', query.causation);
  }
  if (query.type?.endsWith('*')) add(built, 'type ^@', query.type.slice(0, -1));
  else if (query.type !== undefined && RARE_TYPES.includes(query.type)) {
    // A literal, since a partial index serves no parameter; the text is one of ours.
    built.conditions.push(`type = '${query.type}'`);
  } else if (query.type !== undefined) add(built, 'type =', query.type);
  return built;
}

/** Where runs stand that undo what they did. */
const UNDOING = `at ^@ 'undo.'`;

/** Which runs a list asks for. */
export function runConditions(query: RunQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'id <', query.before ?? Number.MAX_SAFE_INTEGER);
  if (query.state !== undefined) add(built, 'state =', query.state);
  if (query.undoing === true) {
    built.conditions.push(`state IN ('running', 'waiting') AND ${UNDOING}`);
  } else if (query.undoing === false) built.conditions.push(`NOT (${UNDOING})`);
  if (query.flow?.endsWith('*')) add(built, 'flow ^@', query.flow.slice(0, -1));
  else if (query.flow !== undefined) add(built, 'flow =', query.flow);
  if (query.correlation !== undefined) add(built, 'correlation =', query.correlation);
  if (query.event !== undefined) add(built, 'event =', query.event);
  if (query.branches !== true) built.conditions.push('branch IS NULL');
  return built;
}

/** Which dead letters a list asks for. */
export function letterConditions(query: LetterQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'id <', query.before ?? Number.MAX_SAFE_INTEGER);
  // The condition of the partial index, word for word.
  if (query.state === 'open') built.conditions.push('closed IS NULL');
  else if (query.state !== undefined) add(built, 'state =', query.state);
  if (query.kind !== undefined) add(built, 'kind =', query.kind);
  if (query.flow !== undefined) add(built, 'flow =', query.flow);
  return built;
}

/** Which entities a list asks for. */
export function entityConditions(query: EntityQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'id <', query.before ?? Number.MAX_SAFE_INTEGER);
  add(built, 'kind =', query.kind);
  // The condition of the partial index, word for word.
  if (query.open === true) built.conditions.push('ended IS NULL');
  if (query.state !== undefined) add(built, 'state =', query.state);
  if (query.run !== undefined) add(built, 'run =', query.run);
  return built;
}

function add({ conditions, values }: Conditions, condition: string, value: string | number): void {
  values.push(value);
  conditions.push(`${condition} $${values.length}`);
}
