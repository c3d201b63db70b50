import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Detached, type InPlaceEnd, startDetached } from '../std/process.ts';
import { escapeText } from '../std/escape.ts';
import { loadForCommand } from './configuration.ts';
import { placeOf, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { ownLogFile } from './daemon-log.ts';
import { makeDataDirectory } from './data-directory.ts';
import { EXIT } from './exit-code.ts';
import { mergeGlobals } from './globals.ts';
import { openLogFile } from './log-file.ts';
import { shownCommand } from './shown-command.ts';
import { readReport, type StartupReport } from './startup-report.ts';
import type { UpFlags } from './up.ts';

/** What ends the wait for a daemon that starts: the person who started it does not want it. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts the daemon in the background and waits until it takes events, or stands by. Prints its
 * ready line. Where it does not come up, says what it says and exits as it does.
 */
export async function startInBackground(context: CliContext, flags: UpFlags): Promise<void> {
  // Whatever is wrong with the files is told here, before anything is made.
  await loadForCommand(context, flags);
  const { dataDirectory } = placeOf(context, flags);
  makeDataDirectory(dataDirectory);
  const log = resolve(context.workingDirectory, flags.logFile ?? ownLogFile(dataDirectory));
  const daemon = launch({ ...mergeGlobals(context.globals, flags), logFile: log }, log);
  const unwanted = SIGNALS.map((name) => [name, () => daemon.pass(name)] as const);
  for (const [name, end] of unwanted) process.on(name, end);
  const outcome = await Promise.race([firstReport(daemon), daemon.ended]);
  for (const [name, end] of unwanted) process.off(name, end);
  await tell(context, flags, { outcome, daemon, log });
  daemon.release();
}

function launch(flags: UpFlags, log: string): Detached {
  // Opened as the daemon itself will: a place where no log may go is told here. To standard error
  // goes only what Node says of its own end, such as that it is out of memory.
  openLogFile({ path: log }).destroy();
  const stderr = openSync(log, 'a');
  const [, main = ''] = process.argv;
  try {
    const words = [process.execPath, ...process.execArgv, main, ...wordsOf(flags)];
    return startDetached(words, { stderr });
  } finally {
    closeSync(stderr);
  }
}

/** Of no use to a daemon; and all users of a machine see the words of a process. */
const LEFT_OUT: ReadonlySet<string> = new Set(['background', 'url', 'token']);

/** The command line that means the same, but in the foreground. */
export function wordsOf(flags: UpFlags): string[] {
  const given = Object.entries(flags).flatMap(([name, value]) => {
    if (LEFT_OUT.has(name) || value === undefined || value === false) return [];
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [`${flag}=${String(value)}`];
  });
  return ['up', ...given];
}

function firstReport(daemon: Detached): Promise<StartupReport> {
  return new Promise((done) => {
    daemon.onMessage((message) => {
      const report = readReport(message);
      if (report !== undefined) done(report);
    });
  });
}

interface Started {
  readonly outcome: StartupReport | InPlaceEnd;
  readonly daemon: Detached;
  readonly log: string;
}

async function tell(
  context: CliContext,
  flags: UpFlags,
  { outcome, daemon, log }: Started,
): Promise<void> {
  const { terminal } = context;
  switch (outcome.kind) {
    case 'ready':
      await terminal.print(outcome.line);
      if (!wantsJson(context, flags)) {
        const stop = shownCommand(context, flags, 'stop');
        terminal.note(`It runs in the background; its log: ${escapeText(log)}; stop it: ${stop}\n`);
      }
      return;
    case 'standby':
      return terminal.note(`${outcome.text}\n`);
    case 'failed': {
      terminal.note(`${outcome.text}\n`);
      const end = await daemon.ended;
      context.process.exitCode = end.kind === 'exited' ? end.code : EXIT.failed;
      return;
    }
    default:
      terminal.note(`signalbox: the daemon did not start: ${endText(outcome)}; see ${log}\n`);
      // One that was told to end before it was ready did so well, and yet there is none now.
      context.process.exitCode = (outcome.kind === 'exited' && outcome.code) || EXIT.failed;
  }
}

function endText(end: InPlaceEnd): string {
  switch (end.kind) {
    case 'exited':
      return `it ended with exit code ${end.code}`;
    case 'killed':
      return `it was ended by ${end.signal}`;
    case 'unstarted':
      return `it cannot be run (${end.code})`;
  }
}
