import type { Logger } from '../std/logger.ts';
import { CommitSignal } from '../store/commit-signal.ts';
import type { Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import type { CliContext } from './context.ts';
import type { Daemon } from './daemon.ts';
import type { DaemonLog } from './daemon-log.ts';
import { LiveLog } from './live-log.ts';
import { wantsColor } from './terminal.ts';
import type { Company } from './up.ts';

/** How many records are read at once. */
const READ_LIMIT = 100;
/** How long the log is waited for before it is looked at again. */
const WAIT_MS = 30_000;
/** What the daemon says when a signal has come: its end may take as long as a step. */
const STOPPING = 'stopping';
/** Who reloads for `dev`, which shows itself what came of it. */
export const DEV = 'dev';

/** Company of a daemon that tells events and runs, a line each, as they come into its log. */
export function traced(context: CliContext): Company {
  const live = new LiveLog({ color: wantsColor(context.stderr.isTTY === true, context.env) });
  return {
    logger: quieter,
    join: (daemon, { write }) => {
      const leaving = new AbortController();
      const told = tell(context, { daemon, write, live, leaving: leaving.signal });
      return async () => {
        leaving.abort();
        await told;
      };
    },
  };
}

/** What the live log does not tell: troubles that are not a run's. */
function quieter(log: Logger): Logger {
  return {
    info: (message, fields) => {
      if (message === STOPPING) log.info(message, fields);
    },
    warn: (message, fields) => {
      if (fields?.['run'] === undefined) log.warn(message, fields);
    },
    error: (message, fields) => {
      if (fields?.['run'] === undefined && fields?.['actor'] !== DEV) log.error(message, fields);
    },
  };
}

interface Telling {
  readonly daemon: Daemon;
  readonly write: DaemonLog['write'];
  readonly live: LiveLog;
  readonly leaving: AbortSignal;
}

/** Tells the log from this start on. A reader that stands still costs lines, never the daemon. */
async function tell(
  { clock }: CliContext,
  { daemon: { box }, write, live, leaving }: Telling,
): Promise<void> {
  const { store } = box;
  const commits = new CommitSignal(store, clock);
  let at = await startOf(store);
  while (!leaving.aborted) {
    const records = store.head() > at ? await store.read({ after: at, limit: READ_LIMIT }) : [];
    for (const record of records) {
      for (const line of live.lines(toEvent(record, store.identity))) write(`${line}\n`);
      at = record.seq;
    }
    if (records.length === 0) await commits.next(WAIT_MS, leaving);
  }
}

/** Behind which record the log of this daemon begins. */
async function startOf(store: Store): Promise<number> {
  const head = store.head();
  const records = await store.read({ after: Math.max(0, head - READ_LIMIT), limit: READ_LIMIT });
  return records.findLast(({ type }) => type === 'daemon.started')?.seq ?? head;
}
