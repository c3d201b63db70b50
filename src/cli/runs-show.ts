import type { MoveView } from '../views/move-view.ts';
import type { RuleOfRun, RunView } from '../views/run-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { describePairs, formatTime, printDocument } from './output.ts';
import { formatSpan } from './run-text.ts';
import { traceLines } from './run-trace.ts';
import { mistakenId } from './unknown-id.ts';

/** Shows one run: where it stands and why, and each step with attempts, times, key and output. */
export async function showRun(this: CliContext, flags: Globals, id: string): Promise<void> {
  const run = await using(await connect(this, flags), async (client) => {
    return (await client.run(id)) ?? Promise.reject(await mistakenId(client, 'run', id));
  });
  if (wantsJson(this, flags)) return printDocument(this.terminal, run);
  const trace = traceLines(run, this.terminal, this.clock.now());
  await this.terminal.print(`${[...describe(run), '', 'steps', ...trace].join('\n')}\n`);
}

function describe(run: RunView): string[] {
  const { id, flow, state, event, correlationid, parent, started, ended, reason, due } = run;
  const { choreography: rule } = run;
  return describePairs([
    ['run', id],
    ['flow', flow],
    ['choreography', rule === undefined ? null : ruleText(rule)],
    ['instance', rule === undefined ? null : instanceText(run, rule)],
    ['state', state],
    ['reason', reason],
    ['due', due === null ? null : formatTime(due)],
    ['event', event],
    ['part of', parent === null ? null : partOf(run)],
    ['chain', rule !== undefined || correlationid === event ? null : correlationid],
    ...(run.moves ?? []).map((move) => ['moved', moveText(move)] as const),
    ['started', formatTime(started)],
    ['took', formatSpan(started, ended)],
  ]);
}

function ruleText({ name, rule }: RuleOfRun): string {
  return `${name}, rule ${rule}`;
}

/** The chain of causes that the instance is, and how it began where it begins here. */
function instanceText({ correlationid, event }: RunView, { began }: RuleOfRun): string {
  if (began === undefined) return correlationid;
  const by = began === 'trigger' ? 'a trigger' : 'an event that came with no instance';
  return `${correlationid}, begun here by ${by}${correlationid === event ? '' : `, ${event}`}`;
}

/** Who had it go on by another catalog, from which step on, and what did not fit. */
function moveText({ time, by, reason, to, step, accepted }: MoveView): string {
  const why = reason === null ? '' : `: ${reason}`;
  const misfits = accepted === null ? [] : Object.entries(accepted);
  const lists = misfits.flatMap(([what, ids]) =>
    ids.length === 0 ? [] : `${what}: ${ids.join(', ')}`,
  );
  const despite = lists.length === 0 ? '' : `; accepted ${lists.join('; ')}`;
  return `${formatTime(time)} to ${to}, at step "${step}", by ${by}${why}${despite}`;
}

/** The run that opened this one. */
function partOf({ parent, branch }: RunView): string {
  return branch === null
    ? `${parent ?? ''}, which called it`
    : `${parent ?? ''}, branch ${branch + 1}`;
}
