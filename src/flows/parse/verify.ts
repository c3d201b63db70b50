import type { Effect } from '../flow.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { checkKeys } from './keys.ts';
import { type InputPlace, parseInput } from './step-input.ts';
import { placeAt, valueOf, type YamlMapping } from './yaml-node.ts';

/** The step whose `verify` is read: what it is, and what it does about a doubt. */
export interface VerifyPlace extends InputPlace {
  readonly effect: Effect;
}

/**
 * Reads what `effect: verify` asks: the same kind of step as the one it is about.
 *
 * Undefined where nothing is asked, and where anything is wrong, which is reported.
 */
export function parseVerify(
  node: YamlMapping,
  { shape, names, effect }: VerifyPlace,
  context: ParseContext,
): TemplateTree | undefined {
  const { report } = context;
  const written = valueOf(node, 'verify');
  if ((written !== undefined) !== (effect === 'verify')) {
    const message =
      written === undefined
        ? `"effect: verify" needs "verify", a mapping with "${shape.kind}" that asks if it happened`
        : '"verify" is asked only with "effect: verify"; add that';
    const at = written?.at ?? placeAt(node, ['effect']);
    report({ at, code: 'config.invalid', message });
  }
  if (written === undefined) return undefined;
  if (written.kind !== 'mapping') {
    const message = `"verify" is a mapping with "${shape.kind}", like the step itself`;
    report({ at: written.at, code: 'config.invalid', message });
    return undefined;
  }
  checkKeys(written, { what: '"verify"', known: [shape.kind, ...shape.keys] }, report);
  return parseInput(written, { shape, names }, context);
}
