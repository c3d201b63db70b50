import { suggestion } from '../../std/diagnostics.ts';
import type { StepShape } from '../step-shape.ts';
import { BRANCHES, isBranchName } from './choice.ts';
import type { ParseContext } from './context.ts';
import { isLaterKind } from './later-keys.ts';
import { OPTION_KEYS } from './step-options.ts';
import { keyPlaceAt, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Whether a mapping has a kind, one that a later version brings included. */
export function hasKind(node: YamlMapping, { shapes }: ParseContext): boolean {
  return [...node.entries.keys()].some((key) => shapes.has(key) || isLaterKind(key));
}

/** Whether a node is a choice: it has lists of steps, and no kind. */
export function isChoice(node: YamlNode, context: ParseContext): node is YamlMapping {
  if (node.kind !== 'mapping' || hasKind(node, context)) return false;
  return [...node.entries.keys()].some(isBranchName);
}

/** The one kind that a step has; undefined, and a report, where it has none or several. */
export function kindOf(node: YamlMapping, context: ParseContext): StepShape | undefined {
  const { shapes, report } = context;
  const keys = [...node.entries.keys()];
  const later = keys.filter((key) => !shapes.has(key) && isLaterKind(key));
  for (const key of later) {
    const message = `steps of kind "${key}" are not supported by this version`;
    report({ at: keyPlaceAt(node, [key]), code: 'config.not_supported', message });
  }
  if (later.length > 0) return undefined;
  const named = keys.flatMap((key) => shapes.get(key) ?? []);
  // A kind's name may be another's key: then it is that key here.
  const kinds = named.filter(({ kind }) => !named.some((other) => other.keys.includes(kind)));
  const [shape, second] = kinds;
  if (shape === undefined) {
    report({ at: node.at, code: 'config.invalid', message: withoutKind(keys, [...shapes.keys()]) });
  } else if (second !== undefined) {
    const at = keyPlaceAt(node, [second.kind]);
    const both = `"${shape.kind}" and "${second.kind}"`;
    const message = `a step has one kind, and this has ${both}; make two steps`;
    report({ at, code: 'config.invalid', message });
    return undefined;
  }
  return shape;
}

function withoutKind(keys: readonly string[], kinds: readonly string[]): string {
  const guarded = keys.includes('if');
  const known = guarded ? [...kinds, ...BRANCHES] : kinds;
  const near = keys
    .filter((key) => !OPTION_KEYS.includes(key))
    .map((key) => suggestion(key, known))
    .find((tail) => tail !== '');
  const choice = guarded ? ', or "then" with a list of steps' : '';
  return `this step has no kind${near ?? `; write one of ${kinds.join(', ')}${choice}`}`;
}
