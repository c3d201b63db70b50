import type { OwnTool } from '../tool.ts';
import type { EmittedType, ToolMention } from './context.ts';

/**
 * What steps emit by the tools that they call. Which of several types a call emits is the tool's to
 * decide, so that only one who always emits the same is certain to.
 */
export function emittedByTools(
  mentions: readonly ToolMention[],
  tools: ReadonlyMap<string, OwnTool>,
): readonly EmittedType[] {
  return mentions.flatMap(({ tool, conditional, ...place }) => {
    const { emits = [] } = tools.get(tool) ?? {};
    const isOpen = conditional || emits.length > 1;
    return emits.map((type) => ({ type, conditional: isOpen, ...place }));
  });
}
