import { constants } from 'node:os';
import { basename } from 'node:path';
import type { EventDraft } from '../events/event.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { type InPlaceEnd, startInPlace } from '../std/process.ts';
import { connect, using } from './connect.ts';
import type { CliContext } from './context.ts';
import { notRecorded } from './emit-lines.ts';
import type { Globals } from './globals.ts';

/** The flags of `exec`. */
export interface ExecFlags extends Globals {
  readonly name?: string | undefined;
}

/** Where its events come from. */
const SOURCE = 'exec';
/** What shells exit with where a command is not there, or cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;
/** What is passed on to the command; a terminal sends its own to both of us. */
const PASSED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
const OF_TERMINALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/**
 * Runs a command as it is, with our input, output and exit code, and records that it started and
 * how it ended. What cannot be recorded is said on standard error, and keeps no command from
 * running.
 */
export async function exec(
  this: CliContext,
  flags: ExecFlags,
  ...command: readonly string[]
): Promise<void> {
  const [program] = command;
  if (program === undefined) {
    const message = 'Name the command, as in: signalbox exec -- npm test';
    throw new SignalboxError('usage.invalid', message);
  }
  const { name = basename(program) } = flags;
  const about = { name, command, cwd: this.workingDirectory };
  const record = recorder(this, flags, name);
  const started = await record('command.started', about, undefined);
  const begun = this.clock.monotonic();
  const end = await runInPlace(command);
  const duration_ms = Math.round(this.clock.monotonic() - begun);
  const { code, ...how } = outcomeOf(end);
  const type = code === 0 ? 'command.completed' : 'command.failed';
  await record(type, { ...about, code, ...how, duration_ms }, started);
  if (end.kind === 'unstarted') this.terminal.note(`${escapeText(program)}: ${how.reason}\n`);
  this.process.exitCode = code;
}

async function runInPlace(command: readonly string[]): Promise<InPlaceEnd> {
  const running = startInPlace(command);
  const passing = PASSED.map((signal) => [signal, () => running.pass(signal)] as const);
  // A terminal's own signals reach the command by themselves: twice would be one too many.
  const watched = process.stdin.isTTY;
  const terminals = OF_TERMINALS.map(
    (signal) => [signal, () => (watched ? undefined : running.pass(signal))] as const,
  );
  for (const [signal, pass] of [...passing, ...terminals]) process.on(signal, pass);
  try {
    return await running.ended;
  } finally {
    for (const [signal, pass] of [...passing, ...terminals]) process.off(signal, pass);
  }
}

interface Outcome {
  readonly code: number;
  readonly signal?: string;
  readonly reason?: string;
}

/** As a shell has it: who dies of a signal has its number and 128. */
function outcomeOf(end: InPlaceEnd): Outcome {
  switch (end.kind) {
    case 'exited':
      return { code: end.code };
    case 'killed': {
      const { signal } = end;
      return { code: 128 + constants.signals[signal], signal, reason: `ended by ${signal}` };
    }
    case 'unstarted':
      return end.code === 'ENOENT'
        ? { code: NOT_FOUND, reason: 'there is no such command' }
        : { code: NOT_RUNNABLE, reason: `the command cannot be run: ${end.code}` };
  }
}

type Record = (
  type: string,
  data: object,
  correlationid: string | undefined,
) => Promise<string | undefined>;

/** Records an event and resolves to its id; undefined where it could not. */
function recorder(context: CliContext, flags: Globals, subject: string): Record {
  return async (type, data, correlationid) => {
    const draft: EventDraft = {
      type,
      source: SOURCE,
      subject,
      correlationid,
      data: JSON.stringify(data),
    };
    try {
      const client = await connect(context, flags, { creates: true });
      const result = await using(client, () => client.emit(draft));
      if (result.kind !== 'accepted') throw notRecorded(result);
      return result.id;
    } catch (error) {
      context.terminal.note(`signalbox: ${type} is not recorded: ${messageOf(error)}\n`);
      return undefined;
    }
  };
}
