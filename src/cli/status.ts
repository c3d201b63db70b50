import type { StatusReport } from '../views/health-view.ts';
import { connectToDaemon, placeOf, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { type DaemonRecord, findDaemon } from './daemon-file.ts';
import type { Globals } from './globals.ts';
import { count, describePairs, formatTime, printDocument } from './output.ts';
import { describePause } from './pause-text.ts';
import { describeStorage } from './storage-text.ts';
import { shownCommand } from './shown-command.ts';

/** Says how the running daemon is; without one it throws `daemon.absent`. */
export async function status(this: CliContext, flags: Globals): Promise<void> {
  const client = await connectToDaemon(this, flags);
  const answer = await using(client, () => client.status());
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  const { dataDirectory } = placeOf(this, flags);
  const daemon = findDaemon(dataDirectory);
  const own = daemon?.url === client.url ? daemon : undefined;
  const lines = [
    ...describeDaemon(client.url, own),
    ...describeStatus(answer, shownCommand(this, flags, 'plan')),
  ];
  await this.terminal.print(`${describePairs(lines).join('\n')}\n`);
}

type Pair = readonly [name: string, value: string | null];

function describeDaemon(url: string | undefined, own: DaemonRecord | undefined): Pair[] {
  return [
    ['address', url ?? null],
    ['process', own === undefined ? null : `${own.pid}, since ${formatTime(own.started)}`],
  ];
}

function describeStatus(answer: StatusReport, plan: string): Pair[] {
  const { state, degraded, paused, lag, running, slots, pending, sources } = answer;
  const { isolation, store, storage, uptime } = answer;
  const { events_processed: events, responses_sent: responses } = answer;
  const time = answer.avg_response_time;
  const soon = time === null ? '' : `, in ${time} on average`;
  const changed = `the files differ from what is in force; see: ${plan}`;
  return [
    ['state', state],
    ...degraded.map(({ part, reason, since }): Pair => [
      part,
      `${reason}, since ${formatTime(since)}`,
    ]),
    ...paused.map((pause): Pair => ['paused', describePause(pause)]),
    ...sources.map(({ name, state: how }): Pair => ['source', `${name}, ${how}`]),
    ['up', uptime],
    ['done', `${count(events, 'event')}, ${count(responses, 'run')} succeeded${soon}`],
    ['runs', `${running} under way, ${slots} at once`],
    ['isolation', describeIsolation(isolation)],
    ['behind', lag === 0 ? null : `${count(lag, 'event')} to be routed`],
    ['store', store === 'sqlite' ? null : 'PostgreSQL: copy it with pg_dump; nothing is taken out'],
    ['storage', describeStorage(storage)],
    ['changed', pending === undefined ? null : changed],
  ];
}

function describeIsolation({ way, obstacles }: StatusReport['isolation']): string {
  return way ?? `none: gates are advisory (${obstacles.join('; ')})`;
}
