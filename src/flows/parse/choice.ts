import { didYouMean } from '../../std/diagnostics.ts';
import type { Condition } from '../condition.ts';
import type { Names } from '../names.ts';
import { readIf } from './condition.ts';
import type { ParseContext } from './context.ts';
import { FORKS } from './fork-kinds.ts';
import { checkKeys } from './keys.ts';
import { LATER_STEP_KEYS } from './later-keys.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { labelSchema, OPTION_KEYS } from './step-options.ts';
import { pick, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The lists of steps that a choice is between. */
export const BRANCHES = ['then', 'else'] as const;

export type BranchName = (typeof BRANCHES)[number];

/** Whether a key holds steps of a choice. */
export function isBranchName(key: string): key is BranchName {
  return BRANCHES.some((name) => name === key);
}

/** A choice, its steps as they are written. */
export interface WrittenChoice {
  /** Undefined where anything is wrong with it but its steps. */
  readonly head: ChoiceHead | undefined;
  /** In the order of the file. */
  readonly branches: readonly WrittenBranch[];
}

export interface ChoiceHead {
  readonly name: string | undefined;
  readonly condition: Condition;
}

export interface WrittenBranch {
  readonly name: BranchName;
  readonly steps: readonly YamlNode[];
}

/** Reads a choice but for its steps. Reports everything that is wrong with the rest. */
export function readChoice(node: YamlMapping, names: Names, context: ParseContext): WrittenChoice {
  const { report } = context;
  checkChoiceKeys(node, context);
  const labels = readWith(labelSchema, pick(node, LABEL_KEYS), { report, what: 'a choice' });
  const condition = readIf(node, names, report)?.condition;
  const head = labels && condition && { name: labels.name, condition };
  return { head, branches: readBranches(node, report) };
}

const LABEL_KEYS = Object.keys(labelSchema.shape);
const KEYS = ['if', ...BRANCHES, ...LABEL_KEYS];

function checkChoiceKeys(node: YamlMapping, { shapes, report }: ParseContext): void {
  const kindKeys = [...shapes.values(), ...FORKS.values()].flatMap(({ keys }) => keys);
  const stepKeys = new Set([...OPTION_KEYS, 'verify', 'compensate', ...kindKeys]);
  const elsewhere = (key: string): string | undefined =>
    stepKeys.has(key) ? 'it belongs to the steps inside "then" and "else"' : undefined;
  checkKeys(node, { what: 'a choice', known: KEYS, later: LATER_STEP_KEYS, elsewhere }, report);
  // That "fi" must be "if" has been said.
  const isIf = (key: string): boolean => key === 'if' || didYouMean(key, KEYS) === 'if';
  if ([...node.entries.keys()].some(isIf)) return;
  const message = 'a choice needs "if", a CEL expression that decides between "then" and "else"';
  report({ at: node.at, code: 'config.invalid', message });
}

function readBranches(node: YamlMapping, report: Report): readonly WrittenBranch[] {
  const branches = [...node.entries].flatMap(([name, { value }]) =>
    isBranchName(name) ? [{ name, value }] : [],
  );
  const empty = branches.every(({ value }) => value.kind === 'list' && value.items.length === 0);
  return branches.map(({ name, value }) => {
    const steps = value.kind === 'list' ? value.items : undefined;
    if (steps === undefined || empty) {
      const reason = empty ? 'is empty, and a choice needs a step' : 'is a list of steps';
      const message = `"${name}" ${reason}, as in "${name}: [ { emit: done } ]"`;
      report({ at: value.at, code: 'config.invalid', message });
    }
    return { name, steps: steps ?? [] };
  });
}
