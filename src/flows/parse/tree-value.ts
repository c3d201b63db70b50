import type { Names } from '../names.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { toValue, type YamlNode } from './yaml-node.ts';

/** A value as it is written, its templates compiled. Reports each that is wrong. */
export function parseTree(
  node: YamlNode,
  names: Names,
  { report, variables }: ParseContext,
): TemplateTree {
  const compile = (text: string, at: number): TemplateTree => {
    const { value, problems } = compileText(text, { names, variables });
    for (const problem of problems) report({ at, ...problem });
    return value;
  };
  return toValue(node, compile);
}
