import type { Reload } from '../config/definitions.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import { CommitSignal } from '../store/commit-signal.ts';
import type { Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Daemon } from './daemon.ts';
import { lookAtConfiguration, watchFiles } from './file-watch.ts';
import { LiveLog } from './live-log.ts';
import type { DaemonLog } from './daemon-log.ts';
import { nextSteps } from './next-steps.ts';
import { badFilesLines, planLines } from './plan-text.ts';
import { paint } from './table.ts';
import { wantsColor } from './terminal.ts';
import { type Company, runUp, type UpFlags } from './up.ts';

/** The flags of `dev`: what is in the files is in force. */
export type DevFlags = Omit<
  UpFlags,
  'apply' | 'background' | 'behindProxy' | 'logFile' | 'pidFile' | 'standby'
>;

/** How many records are read at once. */
const READ_LIMIT = 100;
/** How long the log is waited for before it is looked at again. */
const WAIT_MS = 30_000;
/** What the daemon says when a signal has come: its end may take as long as a step. */
const STOPPING = 'stopping';
/** Who reloads, as the log says it. */
const ACTOR = 'dev';

/**
 * Runs the daemon for who is writing its files: what changes is put in force at once, what is bad
 * is shown and leaves all as it is, and the log tells events and runs as they come.
 */
export async function dev(this: CliContext, flags: DevFlags): Promise<void> {
  const company = wantsJson(this, flags) ? reloadingOnly(this) : companyOf(this, flags);
  await runUp(this, { ...flags, apply: true }, company);
}

/** For programs the log stays as it is: only the files are watched. */
function reloadingOnly(context: CliContext): Company {
  return {
    logger: (log) => log,
    join: (daemon, log) => watch(context, { daemon, log, report: () => {} }),
  };
}

function companyOf(context: CliContext, flags: UpFlags): Company {
  const terminal = { color: wantsColor(context.stderr.isTTY === true, context.env) };
  const live = new LiveLog(terminal);
  return {
    logger: quieter,
    greeting: (daemon) => greetingOf(context, flags, daemon),
    join: (daemon, log) => {
      const { write } = log;
      const leaving = new AbortController();
      const told = tell(context, { daemon, write, live, leaving: leaving.signal });
      const unwatch = watch(context, {
        daemon,
        log,
        report(result) {
          const lines = describeReload(context, result, terminal);
          write(lines.map((line) => `${line}\n`).join(''));
        },
      });
      return async () => {
        leaving.abort();
        await Promise.all([told, unwatch()]);
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
      if (fields?.['run'] === undefined && fields?.['actor'] !== ACTOR) log.error(message, fields);
    },
  };
}

async function greetingOf(
  context: CliContext,
  flags: UpFlags,
  { ready, box }: Daemon,
): Promise<string> {
  const catalog = await box.catalog();
  const lines = [
    `Signalbox runs at ${ready.url}`,
    ...(ready.hooks === undefined ? [] : [`webhooks are heard at ${ready.hooks}`]),
    ...box.sources().map(({ name }) => `listens to ${name}`),
    'what you change in its files is put in force at once',
    ...nextSteps(context, flags, catalog),
  ];
  const [first = '', ...rest] = lines;
  return `${[first, ...rest.map((line) => `  ${line}`)].join('\n')}\n\n`;
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

interface Watching {
  readonly daemon: Daemon;
  readonly log: DaemonLog;
  readonly report: (result: Reload) => void;
}

function watch({ clock }: CliContext, { daemon, log, report }: Watching): () => Promise<void> {
  const { box } = daemon;
  return watchFiles({
    clock,
    look: () => lookAtConfiguration(box.configuration),
    async changed() {
      try {
        report(await box.reload({ actor: ACTOR }));
      } catch (error) {
        log.logger.error('the files were not read again', { error: messageOf(error) });
      }
    },
  });
}

type Colors = Parameters<typeof planLines>[1];

function describeReload(context: CliContext, result: Reload, terminal: Colors): string[] {
  if (!result.ok) {
    const lines = badFilesLines(context, result);
    return lines.map((line) => paint(line, 'bad', terminal));
  }
  if (!result.activated) return [];
  return [paint('the files have changed, and are in force', 'good', terminal)].concat(
    planLines(result, terminal).map((line) => `  ${line}`),
  );
}
