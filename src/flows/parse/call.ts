import { z } from 'zod';
import type { Names } from '../names.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import type { ForkPlace, WrittenFork } from './fork.ts';
import { flowNameSchema } from './flow-name.ts';
import { readWith } from './schema-reading.ts';
import { parseTree } from './tree-value.ts';
import { pick, placeAt, valueOf, type YamlMapping } from './yaml-node.ts';

/** What a `call` says beside the data that it hands over. */
export const callSchema = z.strictObject({
  call: flowNameSchema,
  detach: z.boolean().default(false),
  close: z.enum(['cancel', 'abandon']).default('cancel'),
});

/**
 * Reads `call: FLOW` with `data`, `detach` and `close`. Reports what is wrong with it, but not
 * that there is no such flow: that is known once all files are read.
 */
export function readCall(
  node: YamlMapping,
  { names, conditional }: ForkPlace,
  context: ParseContext,
): WrittenFork {
  const { report, flow, mentions } = context;
  const own = pick(node, Object.keys(callSchema.shape));
  const written = readWith(callSchema, own, { report, what: 'a step of kind "call"' });
  const data = readData(node, names, context);
  if (written !== undefined) {
    mentions.called.push({
      flow,
      calls: written.call,
      conditional,
      at: placeAt(node, ['call']),
      report,
    });
  }
  return {
    branches: [],
    fork: () => {
      if (written === undefined) return undefined;
      const { call, detach, close } = written;
      return { kind: 'call', flow: call, data, detach, close };
    },
  };
}

/** What the called run's event carries: where nothing is written, what our own event does. */
function readData(node: YamlMapping, names: Names, context: ParseContext): TemplateTree {
  const written = valueOf(node, 'data');
  if (written !== undefined) return parseTree(written, names, context);
  return compileText('{event.data}', { names, variables: context.variables }).value;
}
