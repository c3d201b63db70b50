import { toDot, toMermaid } from '../views/graph-picture.ts';
import { treeLines } from '../views/graph-tree.ts';
import { type GraphView, viewGraph } from '../views/graph-view.ts';
import { type FileFlags, loadForCommand } from './configuration.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { printDocument } from './output.ts';

/** The flags of `graph`. */
export interface GraphFlags extends FileFlags {
  /** What it is written as, in place of lines of text. */
  readonly format?: 'mermaid' | 'dot' | 'json' | undefined;
}

/**
 * Draws who answers whom, as the configuration's files say it; with `--url` as they are in force at
 * that daemon.
 */
export async function graph(this: CliContext, flags: GraphFlags): Promise<void> {
  const view = await graphOf(this, flags);
  if (flags.format === 'json' || wantsJson(this, flags)) return printDocument(this.terminal, view);
  if (flags.format === 'mermaid') return this.terminal.print(toMermaid(view));
  if (flags.format === 'dot') return this.terminal.print(toDot(view));
  if (view.nodes.length === 0) return this.terminal.note('There is nothing to draw: no flows.\n');
  await this.terminal.print(`${treeLines(view).join('\n')}\n`);
}

async function graphOf(context: CliContext, flags: GraphFlags): Promise<GraphView> {
  if ((flags.url ?? context.globals.url) !== undefined) {
    return using(await connect(context, flags), (client) => client.graph());
  }
  return viewGraph((await loadForCommand(context, flags)).catalog);
}
