import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Configuration } from '../config.ts';
import type { Remainder } from '../signalbox/remainder.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { toJsonLine } from '../std/escape.ts';
import type { Logger } from '../std/logger.ts';
import { writeFileAtomic } from '../std/atomic-file.ts';
import { type FileFlags, loadForCommand } from './configuration.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Daemon } from './daemon.ts';
import { type DaemonLog, type LogFlags, openDaemonLog } from './daemon-log.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { catchHangups, type Hangups } from './hangup.ts';
import { nextSteps } from './next-steps.ts';
import { openDaemon } from './open-daemon.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { openSystemd, type Systemd } from './systemd.ts';
import { shownCommand } from './shown-command.ts';
import { reportStartup } from './startup-report.ts';
import { describeFailure } from './usage-text.ts';

/** The flags of `up`. */
export interface UpFlags extends FileFlags, LogFlags {
  readonly port?: number | undefined;
  /** Where the log lies, in place of what the configuration says. */
  readonly store?: string | undefined;
  readonly readyFile?: string | undefined;
  readonly apply?: boolean | undefined;
  readonly paused?: boolean | undefined;
  /** Tells events and runs as they come, and nobody over a channel. */
  readonly testMode?: boolean | undefined;
  /** A proxy of the user's stands before the API, and speaks HTTPS to the outside. */
  readonly behindProxy?: boolean | undefined;
  /** Types or names of sources, between commas. */
  readonly sources?: string | undefined;
  /** Goes on when the command that started it has ended. */
  readonly background?: boolean | undefined;
  readonly pidFile?: string | undefined;
  /** Waits for the end of the daemon that holds the data, and takes over. */
  readonly standby?: boolean | undefined;
}

/**
 * Lets the heap grow in small steps: what a burst of events leaves behind is collected sooner, at
 * two to three microseconds a run, and a quiet daemon stays small.
 */
const HEAP_FLAG = '--heap-growing-percent=100';
/** How long a stop may take in all; a second signal cuts it short. */
const STOP_MS = 10_000;
/** A terminal and npm both pass Ctrl-C on: twice within this time is once. */
const SAME_SIGNAL_MS = 100;
/** Who reloads, as the log says it. */
const RELOAD_ACTOR = 'SIGHUP';
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const TEST_MODE =
  'test mode: nobody is told anything over a channel; what would be said is recorded';

/** What another command does beside the daemon that it runs. */
export interface Company {
  /** Which entries of the daemon's log are shown, and how. */
  readonly logger: (log: Logger) => Logger;
  /** The ready line as a person reads it, where one watches standard output. */
  readonly greeting?: (daemon: Daemon) => Promise<string>;
  /** Begins once the daemon is ready; gives what ends it. */
  readonly join: (daemon: Daemon, log: DaemonLog) => () => Promise<void>;
}

/** Runs the daemon until a signal ends it, or a failure after which it cannot go on. */
export async function up(this: CliContext, flags: UpFlags): Promise<void> {
  if (flags.background === true) {
    const { startInBackground } = await import('./background.ts');
    return startInBackground(this, flags);
  }
  const isTraced = flags.testMode === true && !wantsJson(this, flags);
  await runUp(this, flags, isTraced ? (await import('./live-trace.ts')).traced(this) : undefined);
}

/** Does what `up` does, in company. */
export async function runUp(context: CliContext, flags: UpFlags, company?: Company): Promise<void> {
  setFlagsFromString(HEAP_FLAG);
  const hangups = catchHangups();
  const signal = Promise.race([firstSignal(context), hangups.terminalGone]);
  const configuration = await loadForCommand(context, flags);
  const own = openDaemonLog(context, flags, configuration.secrets.text);
  const log = { ...own, logger: company?.logger(own.logger) ?? own.logger };
  const code = await runDaemon(context, flags, { configuration, signal, hangups, log, company });
  await log.flush();
  // What a stopped daemon leaves open, such as a step that ignores its end, must not keep it here.
  process.exit(code);
}

interface Running {
  readonly configuration: Configuration;
  readonly signal: Promise<string>;
  readonly hangups: Hangups;
  readonly log: DaemonLog;
  readonly company: Company | undefined;
}

async function runDaemon(
  context: CliContext,
  flags: UpFlags,
  { configuration, signal, hangups, log, company }: Running,
): Promise<number> {
  const { clock } = context;
  const { logger } = log;
  const systemd = openSystemd({ env: context.env, pid: process.pid, clock, logger });
  try {
    const opening = { configuration, log, systemd, signal };
    const daemon = await openDaemon(context, flags, opening);
    if (daemon === undefined) return EXIT.done;
    hangups.follow(() => {
      log.reopen();
      return reload(daemon, logger);
    });
    const leave = company?.join(daemon, log);
    const end = await untilEnd(daemon, {
      signal,
      announced: announce(context, flags, { daemon, logger, systemd, company }),
    });
    await leave?.();
    systemd.stopping();
    if (end instanceof Error) return reportFailure(end, logger);
    const drained = await drain(clock, daemon, logger);
    return typeof end === 'string' || isDone(end, logger) ? drained : EXIT.failed;
  } catch (error) {
    await log.fail(describeFailure(error));
    return exitCodeOf(error);
  } finally {
    forgetProcess(context, flags);
  }
}

/** What ends the daemon: a signal, an error after which it cannot go on, or that all is done. */
async function untilEnd(
  daemon: Daemon,
  { signal, announced }: { readonly signal: Promise<string>; readonly announced: Promise<void> },
): Promise<string | Error | Remainder> {
  try {
    await announced;
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  const { box } = daemon;
  const isOnce = box.configuration.settings.mode === 'one-shot';
  return Promise.race([signal, box.failed, ...(isOnce ? [box.untilDone()] : [])]);
}

/** Whether a daemon in the mode `one-shot` has done all that there was, and all of it well. */
function isDone({ failed, held, deaf }: Remainder, logger: Logger): boolean {
  logger.info('all that was there is done', { failed, held, deaf: deaf.join(', ') });
  return failed + held + deaf.length === 0;
}

/** Resolves with the first signal; a second one ends the process at once. */
function firstSignal({ clock }: CliContext): Promise<string> {
  return new Promise((done) => {
    let since: number | undefined;
    for (const name of SIGNALS) {
      process.on(name, () => {
        since ??= clock.monotonic();
        if (clock.monotonic() - since > SAME_SIGNAL_MS) process.exit(EXIT.failed);
        done(name);
      });
    }
  });
}

/** Each outcome is logged where it comes about; only what prevents one is told here. */
async function reload({ box }: Daemon, logger: Logger): Promise<void> {
  if (box.status().state === 'draining') return;
  logger.info('asked to read the files again', { by: RELOAD_ACTOR });
  try {
    const result = await box.reload({ actor: RELOAD_ACTOR });
    if (result.ok && !result.activated) logger.info('the files were in force already');
  } catch (error) {
    logger.error('the files were not read again', { error: messageOf(error) });
  }
}

interface Announcement {
  readonly daemon: Daemon;
  readonly logger: Logger;
  readonly systemd: Systemd;
  readonly company: Company | undefined;
}

async function announce(
  context: CliContext,
  flags: UpFlags,
  { daemon, logger, systemd, company }: Announcement,
): Promise<void> {
  const { ready, box } = daemon;
  const line = `${toJsonLine(ready)}\n`;
  const { readyFile, pidFile } = flags;
  if (pidFile !== undefined) writePidFile(resolve(context.workingDirectory, pidFile), ready.pid);
  if (readyFile !== undefined) writeReadyFile(context, readyFile, line);
  if (company?.greeting !== undefined && context.terminal.watched) {
    return context.terminal.print(await company.greeting(daemon));
  }
  await context.terminal.print(line);
  await reportStartup({ kind: 'ready', line });
  systemd.ready(`takes events at ${ready.url}`);
  systemd.watch(() => box.store.checkpoint('router'));
  logger.info('ready', { url: ready.url, data: ready.data });
  if (flags.testMode === true) logger.warn(TEST_MODE);
  if (box.status().pending !== undefined) {
    const [see, apply] = ['plan', 'reload'].map((word) => shownCommand(context, flags, word));
    logger.warn(`the files differ from what is in force; see: ${see}, and then: ${apply}`);
  }
  const isOnce = box.configuration.settings.mode === 'one-shot';
  // Hints are for who reads along.
  if (isOnce || flags.logFile !== undefined || wantsJson(context, flags)) return;
  for (const hint of nextSteps(context, flags, await box.catalog())) logger.info(hint);
}

function writeReadyFile(context: CliContext, file: string, line: string): void {
  try {
    writeFileAtomic(resolve(context.workingDirectory, file), line, 0o600);
  } catch (cause) {
    const message = `--ready-file ${file} cannot be written: ${messageOf(cause)}.`;
    throw new SignalboxError('usage.invalid', message, { cause });
  }
}

function forgetProcess({ workingDirectory }: CliContext, { pidFile }: UpFlags): void {
  if (pidFile !== undefined) removePidFile(resolve(workingDirectory, pidFile), process.pid);
}

async function drain(clock: Clock, daemon: Daemon, logger: Logger): Promise<number> {
  logger.info('stopping');
  const stopped = daemon.stop().then(
    () => EXIT.done,
    (error: unknown) => {
      logger.error('the daemon did not stop cleanly', { error: messageOf(error) });
      return EXIT.failed;
    },
  );
  const late = delay(clock, STOP_MS).then(() => {
    logger.warn('some work did not end in time; it is taken up again at the next start');
    return EXIT.done;
  });
  const code = await Promise.race([stopped, late]);
  logger.info('stopped');
  return code;
}

/** The engine can trust its store no longer: whatever was acknowledged is on disk. */
function reportFailure(error: Error, logger: Logger): number {
  logger.error('the daemon cannot go on', { error: error.message });
  return error instanceof SignalboxError ? exitCodeOf(error) : EXIT.dataUnusable;
}
