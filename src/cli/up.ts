import { delay } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { toJsonLine } from '../std/escape.ts';
import { createLogger, type Logger } from '../std/logger.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { loadForCommand } from './configuration.ts';
import { placeOf, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { type LogSink, openLogSink } from './log-sink.ts';
import { nextSteps } from './next-steps.ts';
import { wantsColor } from './terminal.ts';

/** The flags of `up`. */
export interface UpFlags extends Globals {
  readonly port?: number | undefined;
  readonly readyFile?: string | undefined;
  readonly apply?: boolean | undefined;
}

/** How long a stop may take in all; a second signal cuts it short. */
const STOP_MS = 10_000;
/** A terminal and npm both pass Ctrl-C on: twice within this time is once. */
const SAME_SIGNAL_MS = 100;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Runs the daemon until a signal ends it, or a failure after which it cannot go on. */
export async function up(this: CliContext, flags: UpFlags): Promise<void> {
  const { clock } = this;
  const signal = firstSignal(this);
  const configuration = await loadForCommand(this, flags);
  const sink = openLogSink(this.stderr, clock);
  const logger = loggerOf(this, flags, sink);
  const { dataDirectory } = placeOf(this, flags);
  const { port, apply = false } = flags;
  const daemon = await startDaemon({ configuration, dataDirectory, port, apply, logger, clock });
  await announce(this, flags, { daemon, logger });

  const failure = await Promise.race([signal, daemon.box.failed]);
  const code =
    failure instanceof Error ? reportFailure(failure, logger) : await drain(this, daemon, logger);
  await sink.flush();
  // What a stopped daemon leaves open, such as a step that ignores its end, must not keep it here.
  process.exit(code);
}

/** Resolves with the first signal; a second one ends the process at once. */
function firstSignal({ clock }: CliContext): Promise<string> {
  return new Promise((resolve) => {
    let since: number | undefined;
    for (const name of SIGNALS) {
      process.on(name, () => {
        since ??= clock.monotonic();
        if (clock.monotonic() - since > SAME_SIGNAL_MS) process.exit(EXIT.failed);
        resolve(name);
      });
    }
  });
}

function loggerOf(context: CliContext, flags: UpFlags, { write }: LogSink): Logger {
  const format = wantsJson(context, flags) ? 'json' : 'text';
  const color = wantsColor(context.stderr.isTTY === true, context.env);
  return createLogger({ format, color, write, clock: context.clock });
}

interface Announcement {
  readonly daemon: Daemon;
  readonly logger: Logger;
}

async function announce(
  context: CliContext,
  flags: UpFlags,
  { daemon: { ready, box }, logger }: Announcement,
): Promise<void> {
  const line = `${toJsonLine(ready)}\n`;
  if (flags.readyFile !== undefined) writeFileAtomic(flags.readyFile, line, 0o600);
  await context.terminal.print(line);
  logger.info('ready', { url: ready.url, data: ready.data });
  if (box.status().pending !== undefined) {
    logger.warn('the files differ from what is in force; put them in force with: signalbox up --apply');
  }
  if (wantsJson(context, flags)) return;
  for (const hint of nextSteps(context, flags, await box.catalog())) logger.info(hint);
}

async function drain(context: CliContext, daemon: Daemon, logger: Logger): Promise<number> {
  logger.info('stopping');
  const stopped = daemon.stop().then(
    () => EXIT.done,
    (error: unknown) => {
      logger.error('the daemon did not stop cleanly', { error: messageOf(error) });
      return EXIT.failed;
    },
  );
  const late = delay(context.clock, STOP_MS).then(() => {
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
