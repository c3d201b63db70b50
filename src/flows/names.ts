import { suggestion } from '../std/diagnostics.ts';
import { formatPath, type Path } from './path.ts';
import type { Problem } from './problem.ts';
import { FILES_NAMES, SCOPE_NAMES } from './scope.ts';

/** What templates and conditions may name at one place of a file. */
export interface Names {
  /** The top-level names that have a value there. */
  readonly known: readonly string[];
  /** The steps that come before, on the way that leads there. */
  readonly steps: readonly EarlierStep[];
  /** Those of the known names that stand for the item of an `each` around the place. */
  readonly items?: readonly string[];
  /** Where that is, as the end of a sentence: `in the first step`. */
  readonly place: string;
}

/** What a step leaves to those that come after it. */
export interface EarlierStep {
  readonly id: string;
  /** The name that it gives to its output, beside `steps.ID.output`. */
  readonly output?: string | undefined;
  /** The names that its kind gives to the output of a step that gives it none. */
  readonly usual?: readonly string[];
  /** Whether its run goes on where it fails, so that it may have a `steps.ID.error`. */
  readonly continues?: boolean;
  /** Whether the place is what undoes it, so that it has a `steps.ID.happened`. */
  readonly undone?: boolean;
}

/** What the condition of a trigger may look at: the event, and nothing that changes. */
export const TRIGGER_NAMES: Names = {
  known: ['event', 'payload', ...FILES_NAMES],
  steps: [],
  place: 'in the condition of a trigger',
};

/** What the key of a limit may look at: the event that the limit is asked about. */
export const KEY_NAMES: Names = { ...TRIGGER_NAMES, place: 'in a key' };

const FIRST_STEP_NAMES: readonly string[] = SCOPE_NAMES.filter((name) => name !== 'output');

/** What is around a step, beside the steps that come before it. */
export interface Surroundings {
  /** The names of the items of each `each` around. */
  readonly items?: readonly string[];
  /** Whether the step answers the failure of its run, so that there is an `error`. */
  readonly failed?: boolean;
  /** Where a pattern over time starts the flow: which of its members have names. */
  readonly overTime?: readonly string[] | undefined;
}

/** What a step may name that comes after these. They may have been passed over. */
export function namesAfter(
  earlier: readonly EarlierStep[],
  { items = [], failed = false, overTime }: Surroundings = {},
): Names {
  const first = earlier.length === 0;
  const given = earlier.flatMap(({ output, usual = [] }) => output ?? usual);
  const around = [...items, ...(failed ? ['error'] : []), ...namesOverTime(overTime)];
  const known = new Set([...(first ? FIRST_STEP_NAMES : SCOPE_NAMES), ...around, ...given]);
  return {
    known: [...known],
    steps: earlier,
    items,
    place: first ? 'in the first step' : 'in a step',
  };
}

/** What the steps of a flow may name that a pattern over time starts. */
function namesOverTime(named: readonly string[] | undefined): readonly string[] {
  if (named === undefined) return [];
  if (named.length === 0) return ['events'];
  return ['events', MEMBERS, ...named.map((name) => `${MEMBERS}.${name}`)];
}

/** The name that the events of a pattern's named members stand under. */
const MEMBERS = 'members';

/** What the compensation of a step may name: what the step itself may, and what became of it. */
export function undoNames({ known, steps, items = [] }: Names, step: EarlierStep): Names {
  const own = step.output ?? step.usual ?? [];
  return {
    known: [...new Set([...known, ...UNDO_NAMES, ...[own].flat()])],
    steps: [...steps, { ...step, undone: true }],
    items,
    place: 'in a compensation',
  };
}

/** What only a compensation knows: what its step was given and gave, and whether it happened. */
const UNDO_NAMES: readonly string[] = ['input', 'output', 'happened'];

/** The same names for a place where some secrets may be named too. */
export function namesWith(names: Names, secrets: readonly string[]): Names {
  if (secrets.length === 0) return names;
  const listed = secrets.map((secret) => `${SECRETS}.${secret}`);
  return { ...names, known: [...names.known, SECRETS, ...listed] };
}

/** The name that the secrets of a step stand under. */
const SECRETS = 'secrets';

/** The name of an item whose `each` gives it none. */
export const ITEM_NAME = 'item';

/** Names that have a value at some places only. */
const PLACES: ReadonlyMap<string, string> = new Map([
  [ITEM_NAME, 'a value only in the steps of an "each"'],
  ['error', 'a value only in the steps of "on_failure"'],
  ['input', 'a value only in a "compensate"'],
  ['happened', 'a value only in a "compensate"'],
  [
    SECRETS,
    'a value only in a step that lists them in "secrets", in its "env" and "stdin", ' +
      'or its "headers", "json" and "body"',
  ],
]);

/** Names that SURFACE promises and that a later version defines. */
const LATER_NAMES: ReadonlySet<string> = new Set(['branch', 'project', 'proposal', 'repo']);

/** What CEL reads as something else than a name: its constants, its reserved words, its types. */
const CEL_WORDS: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while bool bytes double int list map null_type string type uint'
  ).split(' '),
);

const SCOPE_SET: ReadonlySet<string> = new Set(SCOPE_NAMES);

/** Whether a name means something already, so that no step may give it to its output. */
export function isTakenName(name: string): boolean {
  return [SCOPE_SET, PLACES, LATER_NAMES, CEL_WORDS].some((names) => names.has(name));
}

/**
 * Why nothing can have this path as its name at this place; undefined where something may.
 *
 * `otherwise` says what a name that nothing defines may have been meant for, in brackets.
 */
export function pathProblem(path: Path, names: Names, otherwise = ''): Problem | undefined {
  const [name, id, ...fields] = path;
  if (!names.known.includes(name)) return unknownName(name, names, otherwise);
  if (name === 'error') return errorProblem(id);
  if (name === SECRETS) return secretProblem(id, names);
  if (name === MEMBERS) return memberProblem(id, names);
  if (name !== 'steps' || id === undefined) return undefined;
  const step = names.steps.find((earlier) => earlier.id === String(id));
  if (step === undefined) return unknownStep(String(id), names);
  const message = fieldsProblem(fields, { step, written: formatPath([name, id]) });
  return message === undefined ? undefined : { code: 'config.unknown_name', message };
}

/** What is wrong with a secret that a path names: only those that are listed are given. */
function secretProblem(id: string | number | undefined, { known }: Names): Problem | undefined {
  if (known.includes(`${SECRETS}.${id}`)) return undefined;
  const listed = known.filter((name) => name.startsWith(`${SECRETS}.`)).join(', ');
  const message = `a secret is named by itself, and listed in "secrets"; there are ${listed}`;
  return { code: 'config.unknown_name', message };
}

/**
 * What is wrong with the member of a pattern that a path names. Where the name is a step's, it has
 * no members.
 */
function memberProblem(id: string | number | undefined, { known }: Names): Problem | undefined {
  const named = known.filter((name) => name.startsWith(`${MEMBERS}.`));
  if (id === undefined || named.length === 0 || named.includes(`${MEMBERS}.${id}`))
    return undefined;
  const message = `no member of the pattern is called "${id}"; there are ${named.join(', ')}`;
  return { code: 'config.unknown_name', message };
}

/** What is wrong with the field of the run's error that a path names. */
function errorProblem(field: string | number | undefined): Problem | undefined {
  if (field === undefined || RUN_ERROR_FIELDS.includes(String(field))) return undefined;
  const message = 'an error has only "step", "code" and "message", so write error.message';
  return { code: 'config.unknown_name', message };
}

const RUN_ERROR_FIELDS: readonly string[] = ['step', 'code', 'message'];
const ERROR_FIELDS: readonly unknown[] = ['code', 'message', undefined];

/** What is wrong with the fields of a step that a path names. */
function fieldsProblem(
  [field, detail]: readonly (string | number)[],
  { step, written }: { readonly step: EarlierStep; readonly written: string },
): string | undefined {
  if (field === undefined || field === 'output') return undefined;
  if (field === 'happened' && step.undone === true) return undefined;
  if (field === 'error') {
    if (step.continues !== true) {
      return `step "${step.id}" has an "error" only with "on_error: continue"; add that to it`;
    }
    if (ERROR_FIELDS.includes(detail)) return undefined;
    return `an error has only "code" and "message", so write ${written}.error.message`;
  }
  if (step.continues !== true) return `a step has only "output", so write ${written}.output`;
  const both = `${written}.output or ${written}.error`;
  return `this step has only "output" and "error", so write ${both}`;
}

function unknownName(name: string, { known, place }: Names, otherwise: string): Problem {
  const only = PLACES.get(name) ?? (SCOPE_SET.has(name) ? `no value ${place}` : undefined);
  if (only !== undefined) {
    const message = `"${name}" has ${only}; known there are ${known.join(', ')}`;
    return { code: 'config.unknown_name', message };
  }
  if (LATER_NAMES.has(name)) {
    const all = known.join(', ');
    const message = `the name "${name}" is not supported by this version; known are ${all}`;
    return { code: 'config.not_supported', message: `${message}${otherwise}` };
  }
  const meant = suggestion(name, known) || `; known are ${known.join(', ')}`;
  const message = `nothing defines "${name}"${meant}${otherwise}`;
  return { code: 'config.unknown_name', message };
}

function unknownStep(id: string, { steps }: Names): Problem {
  const ids = steps.map((step) => step.id);
  const known = ids.map((step) => `"${step}"`).join(', ');
  const tail = suggestion(id, ids) || (known === '' ? ', it is the first' : `; there are ${known}`);
  return { code: 'config.unknown_name', message: `no step "${id}" comes before this one${tail}` };
}
