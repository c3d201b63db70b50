import type { Autonomy } from '../flows/flow.ts';
import { AUTONOMY_MEANINGS, readAutonomy } from '../gates/autonomy.ts';
import type { AutonomyView, FlowAutonomyView } from '../routing/autonomy-levels.ts';
import { SignalboxError } from '../std/errors.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { escapeLines, formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `autonomy`. */
export interface AutonomyFlags extends Globals {
  readonly reason?: string | undefined;
}

/** What the daemon is told: null takes back what was set. */
export interface AutonomyRequest {
  readonly level: Autonomy | null;
  readonly flow?: string | undefined;
  readonly reason?: string | undefined;
}

/** What the daemon answers to a change. */
export interface AutonomyAnswer extends AutonomyView {
  readonly changed: boolean;
}

/** Shows how much happens without a person, or sets it at once. */
export async function autonomy(
  this: CliContext,
  flags: AutonomyFlags,
  level?: string,
  flow?: string,
): Promise<void> {
  const wanted = level === undefined ? undefined : levelOf(level);
  const client = await connectToDaemon(this, flags);
  const { reason } = flags;
  const view: AutonomyView & { readonly changed?: boolean } = await using(client, () =>
    wanted === undefined ? client.autonomy() : client.setAutonomy({ level: wanted, flow, reason }),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, view);
  if (view.changed === false) await this.terminal.print('Nothing has changed.\n');
  await this.terminal.print(`${sentenceOf(view)}\n`);
  if (view.flows.length === 0) return;
  await this.terminal.print(renderTable(view.flows, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<FlowAutonomyView>[] = [
  { head: 'FLOW', cell: ({ flow }) => flow },
  { head: 'LEVEL', cell: ({ level }) => String(level), align: 'right' },
  { head: 'FROM', cell: ({ from }) => from },
  { head: 'WHY', cell: whyOf, shrinks: true },
];

/** `default` takes back what was set. */
function levelOf(text: string): Autonomy | null {
  if (text === 'default') return null;
  const level = readAutonomy(text);
  if (level !== undefined) return level;
  const known = Object.entries(AUTONOMY_MEANINGS).map(([each, is]) => `${each} (${is})`);
  const shown = escapeLines(text).join(' ');
  const message = `"${shown}" is no level: there are ${known.join(', ')}, and default`;
  throw new SignalboxError('usage.invalid', message);
}

function sentenceOf({ level, from, set }: AutonomyView): string {
  const by = set && `set by ${escapeLines(set.by).join(' ')} at ${formatTime(set.since)}`;
  return `Autonomy ${level} (${by ?? from}): ${AUTONOMY_MEANINGS[level]}`;
}

function whyOf({ set, failures }: FlowAutonomyView): string {
  if (failures !== null) {
    const { count, step, error } = failures;
    return `${count} runs failed, the last at step "${step}": ${error.message}`;
  }
  return set === null ? '' : `set by ${set.by} at ${formatTime(set.since)}`;
}
