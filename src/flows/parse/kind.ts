import { suggestion } from '../../std/diagnostics.ts';
import type { StepShape } from '../step-shape.ts';
import { BRANCHES, isBranchName } from './choice.ts';
import type { ParseContext } from './context.ts';
import { type ForkKind, FORKS, type KindKeys } from './fork-kinds.ts';
import { isLaterKind } from './later-keys.ts';
import { OPTION_KEYS } from './step-options.ts';
import { keyPlaceAt, placeAt, textOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Whether a mapping has a kind, one that a later version brings included. */
export function hasKind(node: YamlMapping, { shapes }: ParseContext): boolean {
  return [...node.entries.keys()].some(
    (key) => shapes.has(key) || FORKS.has(key) || isLaterKind(key),
  );
}

/** Whether a node is a choice: it has lists of steps, and no kind. */
export function isChoice(node: YamlNode, context: ParseContext): node is YamlMapping {
  if (node.kind !== 'mapping' || hasKind(node, context)) return false;
  return [...node.entries.keys()].some(isBranchName);
}

/** A step that others do, and its kind. */
export interface FoundFork {
  readonly node: YamlMapping;
  readonly kind: ForkKind;
}

/** The node as a step that others do; undefined for any other, and where it has several kinds. */
export function forkOf(node: YamlNode, context: ParseContext): FoundFork | undefined {
  if (node.kind !== 'mapping') return undefined;
  const [named, second] = kindsOf(node, context);
  const kind = second === undefined && named !== undefined ? FORKS.get(named.kind) : undefined;
  return kind && { node, kind };
}

/** The kinds that a mapping names, those of later versions included. */
export function kindsOf(node: YamlMapping, { shapes }: ParseContext): readonly KindKeys[] {
  const named = [...node.entries.keys()].flatMap((key): KindKeys | [] => {
    if (isLaterKind(key) && !shapes.has(key)) return { kind: key, keys: [] };
    return shapes.get(key) ?? FORKS.get(key) ?? [];
  });
  // A kind's name may be another's key: then it is that key here. So is a gate beside a kind.
  const own = named.filter(({ kind }) => !named.some((other) => other.keys.includes(kind)));
  return own.length > 1 ? own.filter(({ kind }) => kind !== 'gate') : own;
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
  const [first, second] = kindsOf(node, context);
  if (first === undefined) {
    const kinds = [...shapes.keys(), ...FORKS.keys()];
    report({ at: node.at, code: 'config.invalid', message: withoutKind(keys, kinds) });
    return undefined;
  }
  if (second === undefined) return presentShape(node, first.kind, context);
  const both = `"${first.kind}" and "${second.kind}"`;
  const message = `a step has one kind, and this has ${both}; make two steps`;
  report({ at: keyPlaceAt(node, [second.kind]), code: 'config.invalid', message });
  return undefined;
}

/** The shape of a kind; undefined, and a report, where the step has a form of a later version. */
function presentShape(
  node: YamlMapping,
  kind: string,
  { shapes, report }: ParseContext,
): StepShape | undefined {
  const shape = shapes.get(kind);
  const message = shape?.laterForm?.(textOf(node, kind) ?? '');
  if (message === undefined) return shape;
  report({ at: placeAt(node, [kind]), code: 'config.not_supported', message });
  return undefined;
}

/** Which kind a key belongs to, as the end of a sentence; undefined where to none. */
export function ownerOf(key: string, { shapes }: ParseContext): string | undefined {
  const kinds: readonly KindKeys[] = [...shapes.values(), ...FORKS.values()];
  const owner = kinds.find(({ keys }) => keys.includes(key));
  return owner && `it belongs to "${owner.kind}"`;
}

/** Where the lists of a choice belong that stand beside a kind, as the end of a sentence. */
export function branchRemedy(kind: string): string {
  return `it belongs to a choice, which has no kind; move "${kind}" into its list`;
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
