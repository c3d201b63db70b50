import { dirname, join, resolve } from 'node:path';
import { createLogger, type Logger } from '../std/logger.ts';
import type { Redact } from '../std/redact.ts';
import { placeOf, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { makeDataDirectory } from './data-directory.ts';
import type { Globals } from './globals.ts';
import { openLogFile } from './log-file.ts';
import { openLogSink } from './log-sink.ts';
import { isAwaited, reportStartup } from './startup-report.ts';
import { wantsColor } from './terminal.ts';

/** The flag that sends a daemon's log into a file. */
export interface LogFlags extends Globals {
  readonly logFile?: string | undefined;
}

/** Where a daemon says what it does, and why it cannot. */
export interface DaemonLog {
  readonly logger: Logger;
  /** Writes a line of its own; never blocks and never fails. */
  readonly write: (line: string) => void;
  /** Tells why the daemon does not start or go on: the log, and who waits for it to start. */
  fail(text: string): Promise<void>;
  /** Goes on in a new file of the same name, where the log is a file. */
  reopen(): void;
  /** Resolves when everything is written, or will not be. */
  flush(): Promise<void>;
}

/** The log of a daemon in the background, in its data directory. */
const OWN_NAME = 'daemon.log';
/** How large our own log file may become; the one before is kept, so it takes twice as much. */
const OWN_BYTES_MAX = 16_777_216;

/** Where the log of a daemon in the background goes unless it is told otherwise. */
export function ownLogFile(dataDirectory: string): string {
  return join(dataDirectory, OWN_NAME);
}

/**
 * Opens the log that the flags name: a file, or standard error. A file that the person named is
 * theirs to move away; our own moves itself before it grows too large. `redact` takes secrets out
 * of what is logged.
 *
 * @throws SignalboxError `usage.invalid` where the file cannot be written.
 */
export function openDaemonLog(context: CliContext, flags: LogFlags, redact: Redact): DaemonLog {
  const { clock, stderr, env } = context;
  const format = wantsJson(context, flags) ? 'json' : 'text';
  const file = flags.logFile === undefined ? undefined : fileOf(context, flags, flags.logFile);
  const sink = openLogSink(file ?? stderr, clock);
  const color = file === undefined && wantsColor(stderr.isTTY === true, env);
  return {
    logger: createLogger({ format, color, write: sink.write, clock, redact }),
    write: sink.write,
    async fail(message) {
      const text = redact(message);
      sink.write(`${text}\n`);
      if (isAwaited()) await reportStartup({ kind: 'failed', text });
      else if (file !== undefined) stderr.write(`${text}\n`);
    },
    reopen: () => file?.reopen(),
    flush: () => sink.flush(),
  };
}

function fileOf(context: CliContext, flags: LogFlags, named: string) {
  const path = resolve(context.workingDirectory, named);
  const { dataDirectory } = placeOf(context, flags);
  if (dirname(path) === dataDirectory) makeDataDirectory(dataDirectory);
  const isOwn = path === ownLogFile(dataDirectory);
  return openLogFile({ path, bytesMax: isOwn ? OWN_BYTES_MAX : undefined });
}
