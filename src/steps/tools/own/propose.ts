import type { Proposed, ToolContent } from '../../../gates/content.ts';
import type { OwnTool } from '../../../flows/tool.ts';
import type { ProposedCall } from '../../../runs/step-kind.ts';
import type { Json } from '../../../std/json.ts';
import type { OwnToolOptions } from './call.ts';
import { namedFiles } from '../../bound-files.ts';
import { proposeCommand } from '../../propose-command.ts';
import { commandOf } from './command-call.ts';
import { moduleFile } from './module-call.ts';

/** What a user's own tool would do: its command, or its module, with the bytes of their files. */
export async function proposeTool(
  tool: OwnTool,
  input: Json,
  call: ProposedCall & Pick<OwnToolOptions, 'mode'>,
): Promise<Proposed> {
  const content: ToolContent = { kind: 'tool', tool: tool.name, action: null, with: input };
  if (tool.module !== undefined) {
    const file = moduleFile(tool, call.directory);
    const { files, unbound } = await namedFiles([file], call.directory);
    return { content, files, unbound: [...unbound, `what ${tool.module} imports and reads`] };
  }
  const command = await proposeCommand(commandOf(tool, input, call));
  return { ...command, content: { ...content, argv: command.content.argv } };
}
