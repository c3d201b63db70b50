import { SignalboxError } from '../std/errors.ts';
import { isNotFound, type ToolRegistry } from '../steps/tools/registry.ts';
import type { ToolShape } from '../steps/tools/tool.ts';
import { type ActionView, viewTool } from '../views/tool-view.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { indent, printDocument, toJsonLines } from './output.ts';
import { type Column, renderTable } from './table.ts';
import { toolsOf } from './tools-known.ts';

/** Lists the tools that flows may use, action by action. */
export async function listTools(this: CliContext, flags: Globals): Promise<void> {
  const { registry } = await toolsOf(this, flags);
  const tools = registry.tools.map(viewTool);
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: tools });
  const rows = tools.flatMap(({ name, actions }) => actions.map((each) => ({ ...each, of: name })));
  await this.terminal.print(renderTable(rows, COLUMNS, this.terminal));
}

/** Shows what each action of a tool takes and gives. */
export async function showTool(this: CliContext, flags: Globals, name: string): Promise<void> {
  const { registry } = await toolsOf(this, flags);
  const tool = viewTool(toolOf(registry, name));
  if (wantsJson(this, flags)) return printDocument(this.terminal, tool);
  const aliases = tool.aliases.length === 0 ? '' : ` (also: ${tool.aliases.join(', ')})`;
  const { name: title, summary, on, emits, actions } = tool;
  const answers = on === undefined ? [] : [`Answers ${on.join(', ')}.`];
  const told = emits === undefined ? [] : [`Emits ${emits.join(', ')}.`];
  const head = [`${title}${aliases}`, summary, ...answers, ...told];
  const lines = [...head, ...actions.flatMap(actionLines)];
  await this.terminal.print(`${lines.join('\n')}\n`);
}

/**
 * The tool of a name.
 *
 * @throws SignalboxError `usage.invalid` where there is none.
 */
function toolOf(registry: ToolRegistry, name: string): ToolShape {
  const tool = registry.findTool(name);
  if (isNotFound(tool)) throw new SignalboxError('usage.invalid', `${capital(tool.message)}.`);
  return tool;
}

interface Row extends ActionView {
  readonly of: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'TOOL', cell: ({ of }) => of },
  { head: 'ACTION', cell: ({ name }) => name },
  { head: 'EFFECT', cell: ({ effect }) => effect },
  { head: 'RISK', cell: ({ risk }) => risk },
  { head: 'WHAT IT DOES', cell: ({ summary }) => summary, shrinks: true },
];

function actionLines({
  name,
  summary,
  effect,
  risk,
  usual_names,
  ...schemas
}: ActionView): string[] {
  const result = usual_names.length === 0 ? '' : `, result in {${usual_names.join('}, {')}}`;
  return [
    '',
    `${name}: ${summary}`,
    ...indent([`effect ${effect}, risk ${risk}${result}`]),
    ...indent(['input', ...indent(toJsonLines(schemas.input))]),
    ...indent(['output', ...indent(toJsonLines(schemas.output))]),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\?$/, '');
}
