import { constants } from 'node:os';
import type { StepError, StepResult } from '../runs/step-kind.ts';
import type { Captured } from '../std/captured-output.ts';
import type { CommandEnd, UnstartedReason } from '../std/command.ts';
import { escapeText } from '../std/escape.ts';
import type { WrittenOutput } from './attempt-folders.ts';
import { outputOf } from './command-output.ts';
import type { RunInput } from './run-input.ts';
import { beginningOf, shown } from './written-value.ts';

/** The text of a command's event log, where that is not more than may be kept. */
export type Logged = { readonly text: string } | 'too much';

/** How a command ended, and what it wrote for its output. */
export interface FinishedCommand {
  readonly end: CommandEnd;
  readonly written: WrittenOutput;
  /** What it wrote into an event log of its own, where it was given one. */
  readonly logged?: Logged | undefined;
}

/** A shell says so of a program that a signal ended: 128 and the signal's number. */
const SIGNAL_CODES = { first: 129, last: 192 };
/** How much of the last line of standard error a message shows. */
const LINE_LENGTH_MAX = 200;

/** What the end of a command means for its step. */
export function resultOf({ end, written }: FinishedCommand, input: RunInput): StepResult {
  switch (end.kind) {
    case 'unstarted':
      return unstarted(end.reason, input);
    case 'killed': {
      const message = end.aborted
        ? `${input.name} was stopped before it had ended.`
        : `${input.name} was ended by ${end.signal}${lastWords(end.stderr)}`;
      return { kind: 'retry', error: errorOf('maybe', message, end.stderr) };
    }
    case 'exited':
      return exited(end, written, input);
  }
}

type Exited = Extract<CommandEnd, { kind: 'exited' }>;

function exited(end: Exited, written: WrittenOutput, input: RunInput): StepResult {
  const meaning = input.meanings.get(end.code) ?? (end.code === 0 ? 'done' : 'retry');
  switch (meaning) {
    case 'done':
      return done(end, written);
    case 'noop':
      return { kind: 'noop' };
    case 'retry':
    case 'fail': {
      const bySignal = SIGNAL_CODES.first <= end.code && end.code <= SIGNAL_CODES.last;
      const how = signalOf(end.code) ?? `exited with code ${end.code}`;
      const message = `${input.name} ${how}${lastWords(end.stderr)}`;
      const error = errorOf(bySignal ? 'maybe' : 'no', message, end.stderr);
      return { kind: meaning, error: { ...error, status: end.code } };
    }
  }
}

/** What a shell, or what isolates a command, says with a code of the signals. */
function signalOf(code: number): string | undefined {
  const number = code - SIGNAL_CODES.first + 1;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name === undefined ? undefined : `was ended by ${name} (exit code ${code})`;
}

function done({ stdout, stderr }: Exited, written: WrittenOutput): StepResult {
  const output = outputOf(written, stdout);
  if (output.kind === 'value') return { kind: 'done', output: output.value };
  return { kind: 'fail', error: { ...output.error, ...detailOf(stderr) } };
}

/**
 * The program, or its place, has to be changed before it can run; or the machine is short of
 * something.
 */
function unstarted(reason: UnstartedReason, { name, directory }: RunInput): StepResult {
  const messages: Readonly<Record<UnstartedReason, string>> = {
    not_found: `${name} was not found. Install it, or write its path; PATH is the daemon's.`,
    not_executable: `${name} may not be run. Make it executable, or name its interpreter first.`,
    no_directory: `The folder "${shown(directory)}" is not there. Correct "cwd", or make it.`,
    too_long: `The arguments of ${name} are longer than the system takes. Use standard input.`,
    unavailable: `${name} cannot be started: the machine is short of processes, files or memory.`,
    aborted: `${name} was to be stopped before it began.`,
  };
  const error = { code: 'run.not_started', message: messages[reason], happened: 'no' } as const;
  const passes = reason === 'unavailable' || reason === 'aborted';
  return passes ? { kind: 'retry', error } : { kind: 'fail', error };
}

function errorOf(happened: StepError['happened'], message: string, stderr: Captured): StepError {
  const answered = happened === 'no' ? { answered: true } : {};
  return { code: 'run.failed', message, happened, ...answered, ...detailOf(stderr) };
}

/** The end of a sentence: the last line of standard error, made harmless. */
function lastWords(stderr: Captured): string {
  const line = String(stderr.bytes).trimEnd().split('\n').at(-1)?.trim() ?? '';
  if (line === '') return ', and printed nothing on standard error.';
  return `: ${beginningOf(escapeText(withoutColours(line)), LINE_LENGTH_MAX)}`;
}

function detailOf(stderr: Captured): { readonly detail?: string } {
  return stderr.bytes.length === 0 ? {} : { detail: String(stderr.bytes) };
}

function withoutColours(line: string): string {
  // oxlint-disable-next-line no-control-regex -- the escape character is what begins a colour
  return line.replace(/\u001b\[[0-9;]*m/g, '');
}
