import { suggestion } from '../std/diagnostics.ts';
import { formatPath, type Path } from './path.ts';
import type { Problem } from './problem.ts';
import { SCOPE_NAMES } from './scope.ts';

/** What templates and conditions may name at one place of a file. */
export interface Names {
  /** The top-level names that have a value there. */
  readonly known: readonly string[];
  /** The steps that come before, on the way that leads there. */
  readonly steps: readonly EarlierStep[];
  /** Where that is, as the end of a sentence: `in the first step`. */
  readonly place: string;
}

/** What a step leaves to those that come after it. */
export interface EarlierStep {
  readonly id: string;
  /** The name that it gives to its output, beside `steps.ID.output`. */
  readonly output?: string | undefined;
  /** Whether its run goes on where it fails, so that it may have a `steps.ID.error`. */
  readonly continues?: boolean;
}

/** What the condition of a trigger may look at: the event, and nothing that changes. */
export const TRIGGER_NAMES: Names = {
  known: ['event', 'payload'],
  steps: [],
  place: 'in the condition of a trigger',
};

const FIRST_STEP_NAMES: Names = {
  known: SCOPE_NAMES.filter((name) => name !== 'output'),
  steps: [],
  place: 'in the first step',
};

/** What a step may name that comes after these. They may have been passed over. */
export function namesAfter(earlier: readonly EarlierStep[]): Names {
  if (earlier.length === 0) return FIRST_STEP_NAMES;
  const given = earlier.flatMap(({ output }) => output ?? []);
  return { known: [...new Set([...SCOPE_NAMES, ...given])], steps: earlier, place: 'in a step' };
}

/** Names that SURFACE promises and that a later version defines. */
const LATER_NAMES: ReadonlySet<string> = new Set([
  'answer',
  'branch',
  'changed_files',
  'files',
  'files_content',
  'git_log',
  'input',
  'item',
  'last_run',
  'project',
  'proposal',
  'repo',
  'summary',
]);

/** What CEL reads as something else than a name: its constants, its reserved words, its types. */
const CEL_WORDS: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while bool bytes double int list map null_type string type uint'
  ).split(' '),
);

/** Whether a name means something already, so that no step may give it to its output. */
export function isTakenName(name: string): boolean {
  return isScopeName(name) || LATER_NAMES.has(name) || CEL_WORDS.has(name);
}

function isScopeName(name: string): boolean {
  return (SCOPE_NAMES as readonly string[]).includes(name);
}

/** Why nothing can have this path as its name at this place; undefined where something may. */
export function pathProblem(path: Path, names: Names): Problem | undefined {
  const [name, id, ...fields] = path;
  if (!names.known.includes(name)) return unknownName(name, names);
  if (name !== 'steps' || id === undefined) return undefined;
  const step = names.steps.find((earlier) => earlier.id === String(id));
  if (step === undefined) return unknownStep(String(id), names);
  const message = fieldsProblem(fields, { step, written: formatPath([name, id]) });
  return message === undefined ? undefined : { code: 'config.unknown_name', message };
}

const ERROR_FIELDS: readonly unknown[] = ['code', 'message', undefined];

/** What is wrong with the fields of a step that a path names. */
function fieldsProblem(
  [field, detail]: readonly (string | number)[],
  { step, written }: { readonly step: EarlierStep; readonly written: string },
): string | undefined {
  if (field === undefined || field === 'output') return undefined;
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

function unknownName(name: string, { known, place }: Names): Problem {
  if (isScopeName(name)) {
    const message = `"${name}" has no value ${place}; known there are ${known.join(', ')}`;
    return { code: 'config.unknown_name', message };
  }
  if (LATER_NAMES.has(name)) {
    const all = known.join(', ');
    const message = `the name "${name}" is not supported by this version; known are ${all}`;
    return { code: 'config.not_supported', message };
  }
  const meant = suggestion(name, known) || `; known are ${known.join(', ')}`;
  const message = `nothing defines "${name}"${meant} (to keep braces as text, write \\{${name}})`;
  return { code: 'config.unknown_name', message };
}

function unknownStep(id: string, { steps }: Names): Problem {
  const ids = steps.map((step) => step.id);
  const known = ids.map((step) => `"${step}"`).join(', ');
  const tail = suggestion(id, ids) || (known === '' ? ', it is the first' : `; there are ${known}`);
  return { code: 'config.unknown_name', message: `no step "${id}" comes before this one${tail}` };
}
