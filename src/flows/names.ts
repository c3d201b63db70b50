import { suggestion } from '../std/diagnostics.ts';
import { formatPath, type Path } from './path.ts';
import type { Problem } from './problem.ts';
import { SCOPE_NAMES } from './scope.ts';

/** What templates and conditions may name at one place of a file. */
export interface Names {
  /** The top-level names that have a value there. */
  readonly known: readonly string[];
  /** The ids of the steps that are done by then. */
  readonly steps: readonly string[];
  /** Where that is, as the end of a sentence: `in the first step`. */
  readonly place: string;
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

/** What a step may name after those with the ids `earlier`. */
export function namesAfter(earlier: readonly string[]): Names {
  if (earlier.length === 0) return FIRST_STEP_NAMES;
  return { known: SCOPE_NAMES, steps: earlier, place: 'in a step' };
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

/** Why nothing can have this path as its name at this place; undefined where something may. */
export function pathProblem(path: Path, names: Names): Problem | undefined {
  const [name, id, field] = path;
  if (!names.known.includes(name)) return unknownName(name, names);
  if (name !== 'steps' || id === undefined) return undefined;
  if (!names.steps.includes(String(id))) return unknownStep(String(id), names);
  if (field === undefined || field === 'output') return undefined;
  const message = `a step has only "output", so write ${formatPath([name, id, 'output'])}`;
  return { code: 'config.unknown_name', message };
}

function unknownName(name: string, { known, place }: Names): Problem {
  if ((SCOPE_NAMES as readonly string[]).includes(name)) {
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
  const known = steps.map((step) => `"${step}"`).join(', ');
  const tail =
    suggestion(id, steps) || (known === '' ? ', it is the first' : `; there are ${known}`);
  return { code: 'config.unknown_name', message: `no step "${id}" comes before this one${tail}` };
}
