import { z } from 'zod';
import { EACH_ITEMS_MAX } from '../flow.ts';
import { isTakenName, ITEM_NAME, type Names } from '../names.ts';
import { scanTemplate } from '../template-scanner.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import type { WrittenFork } from './fork.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { readStepList } from './step-list.ts';
import { valueNameSchema } from './step-options.ts';
import { parseTree } from './tree-value.ts';
import { pick, placeAt, textOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** How many items of an `each` may be worked on at once. */
const CONCURRENCY_MAX = 1_000;

/** What an `each` says beside its items and its steps. */
export const eachSchema = z.strictObject({
  as: valueNameSchema.default(ITEM_NAME),
  concurrency: z.int().min(1).max(CONCURRENCY_MAX).default(1),
});

/** Reads `each: LIST` with `as`, `do` and `concurrency`. Reports what is wrong with it. */
export function readEach(node: YamlMapping, names: Names, context: ParseContext): WrittenFork {
  const { report } = context;
  const items = readItems(node, names, context);
  const own = pick(node, ['as', 'concurrency']);
  const written = readWith(eachSchema, own, { report, what: 'a step of kind "each"' });
  if (written !== undefined) checkItemName(node, { name: written.as, names }, report);
  return {
    branches: [readStepList(node, 'do', report)],
    // The steps inside mean this name also where something else about the `each` is wrong.
    item: textOf(node, 'as') ?? ITEM_NAME,
    fork: ([steps = []]) => {
      if (written === undefined || items === undefined || steps.length === 0) return undefined;
      const { as, concurrency } = written;
      return { kind: 'each', items, as, do: steps, concurrency };
    },
  };
}

function checkItemName(
  node: YamlMapping,
  { name, names }: { readonly name: string; readonly names: Names },
  report: Report,
): void {
  const reason = nameProblem(name, names);
  if (reason === undefined) return;
  report({ at: placeAt(node, ['as']), code: 'config.invalid', message: `"as": ${reason}` });
}

function nameProblem(name: string, { items = [], steps }: Names): string | undefined {
  if (items.includes(name)) {
    return `"${name}" is the item of the "each" around this one; choose another name`;
  }
  if (steps.some(({ output }) => output === name)) {
    return `"${name}" is the output of a step before this one; choose another name`;
  }
  return name !== ITEM_NAME && isTakenName(name)
    ? 'is a name that means something already; choose another'
    : undefined;
}

/** Reads the list, or the template that renders to one; undefined where it can never be a list. */
function readItems(
  node: YamlMapping,
  names: Names,
  context: ParseContext,
): TemplateTree | undefined {
  const at = placeAt(node, ['each']);
  const written = node.entries.get('each')?.value;
  const problem = itemsProblem(written);
  if (written !== undefined && problem === undefined) return parseTree(written, names, context);
  context.report({ at, code: 'config.invalid', message: `"each" ${problem}` });
  return undefined;
}

/** Why a value is no list and no template that could render to one; undefined where it is. */
function itemsProblem(node: YamlNode | undefined): string | undefined {
  if (node?.kind === 'list') {
    const count = node.items.length;
    const bounds = `a list of 1 to ${EACH_ITEMS_MAX} items`;
    return count >= 1 && count <= EACH_ITEMS_MAX
      ? undefined
      : `is ${bounds}, and this has ${count}`;
  }
  if (node?.kind === 'scalar' && typeof node.value === 'string' && isWholeTemplate(node.value)) {
    return undefined;
  }
  return 'is a list, or a text that is all one template, as in "${{ event.data.items }}"';
}

/** Whether a text keeps the type of what it stands for. */
function isWholeTemplate(text: string): boolean {
  const [part, second] = scanTemplate(text);
  return (
    second === undefined &&
    part !== undefined &&
    ['path', 'expression', 'unclosed'].includes(part.kind)
  );
}
