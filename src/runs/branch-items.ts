import { EACH_ITEMS_MAX, type EachFork, type ForkStep, type ParallelFork } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { render } from '../flows/template.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import { OUTPUT_LENGTH_MAX } from './attempt.ts';

/**
 * What the branches of a fork are for, one item each; null for those of a `parallel`.
 *
 * @throws SignalboxError `each.no_list`, `each.too_long`, and as `render`.
 */
export function itemsOf(
  { id }: ForkStep,
  fork: ParallelFork | EachFork,
  scope: Scope,
): readonly Json[] {
  if (fork.kind === 'parallel') return fork.steps.map(() => null);
  const items = render(fork.items, scope);
  if (!Array.isArray(items)) {
    const message = `The "each" of step "${id}" is ${nameOf(items)} and no list; give it a list.`;
    throw new SignalboxError('each.no_list', message);
  }
  const list = items as readonly Json[];
  if (list.length > EACH_ITEMS_MAX) {
    const message =
      `The list of step "${id}" has ${list.length} items; at most ${EACH_ITEMS_MAX} are taken. ` +
      `Divide it, and "call" a flow with "detach: true" for each part.`;
    throw new SignalboxError('each.too_long', message);
  }
  const { length } = JSON.stringify(list);
  if (length <= OUTPUT_LENGTH_MAX) return list;
  const message =
    `The list of step "${id}" has ${length} characters; at most ${OUTPUT_LENGTH_MAX} are taken. ` +
    `Let its items be names or paths of what they stand for.`;
  throw new SignalboxError('each.too_long', message);
}

function nameOf(value: Json): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
