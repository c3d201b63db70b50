import type { Names } from '../names.ts';
import type { ParseContext } from './context.ts';
import { kindsOf } from './kind.ts';
import { pick, toValue, type YamlNode } from './yaml-node.ts';

/**
 * The names under which later steps find what a step gives that names no `output`: those that are
 * usual for its kind. Says it also where the rest of the step is wrong. A name that the user has
 * given to something else keeps its meaning.
 */
export function usualNamesOf(
  node: YamlNode,
  { items = [], steps }: Names,
  context: ParseContext,
): readonly string[] {
  if (node.kind !== 'mapping' || node.entries.has('output')) return [];
  const [named, second] = kindsOf(node, context);
  const shape = second === undefined ? context.shapes.get(named?.kind ?? '') : undefined;
  if (shape?.usualNames === undefined) return [];
  const written = toValue(pick(node, [shape.kind, ...shape.keys]));
  const given = new Set([...items, ...steps.map(({ output }) => output)]);
  return shape
    .usualNames(written as { readonly [key: string]: unknown })
    .filter((name) => !given.has(name));
}
