import type { Names } from '../names.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import type { YamlNode } from './yaml-node.ts';

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
  return treeOf(node, compile);
}

function treeOf(node: YamlNode, compile: (text: string, at: number) => TemplateTree): TemplateTree {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' ? compile(node.value, node.at) : node.value;
    case 'list':
      return node.items.map((item) => treeOf(item, compile));
    case 'mapping':
      return Object.fromEntries(
        Array.from(node.entries, ([key, { value }]) => [key, treeOf(value, compile)]),
      );
  }
}
