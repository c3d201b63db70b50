import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type ApplicationText,
  type ArgumentScannerError,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { escapeLines } from './output.ts';

/** A command line as it was written, without the global flags before it. */
export interface WrittenLine {
  readonly words: readonly string[];
  /** The command that its first words name, such as `runs skip`; empty where they name none. */
  readonly command: string;
  /** Makes the remedies of a message work at the place that the line names. */
  readonly toPlace: (message: string) => string;
}

/** What the parser says about a command line, in our words. */
export function usageText(line: WrittenLine): ApplicationText {
  const describe = (error: unknown): string => line.toPlace(describeFailure(error));
  const describeUsage = (problem: string): string => `signalbox: ${problem}\n${helpFor(line)}`;
  return {
    ...text_en,
    briefs: { ...text_en.briefs, help: 'Show this', helpAll: 'Show this, with what is hidden' },
    noCommandRegisteredForInput: ({ input, corrections }) => {
      const problem = `there is no command "${escapeText(input)}"`;
      return describeUsage(problem + nearest(corrections.map((name) => name.replaceAll('`', ''))));
    },
    exceptionWhileParsingArguments: (error) => describeUsage(problemOf(error, line)),
    exceptionWhileLoadingCommandFunction: describe,
    exceptionWhileRunningCommand: describe,
    commandErrorResult: describe,
  };
}

function helpFor({ command }: WrittenLine): string {
  if (command === '') return 'See: signalbox help, or signalbox help COMMAND';
  return `See: signalbox help ${command}`;
}

/** Of our own errors the message says everything; of others only the stack helps. */
export function describeFailure(error: unknown): string {
  if (error instanceof SignalboxError) return `signalbox: ${escapeLines(error.message).join('\n')}`;
  if (isOutOfFiles(error)) {
    return 'signalbox: too few files may be open at once; raise the limit: ulimit -n 1024';
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `signalbox: this should not have happened; please report it\n${trace}`;
}

function isOutOfFiles(error: unknown): boolean {
  const { code } = error instanceof Error && 'code' in error ? error : {};
  if (code === 'EMFILE' || code === 'ENFILE') return true;
  // Node says of a package whose files it cannot open that there is none, by the path of its file;
  // of one that there is not, by its name.
  const [, path] = /Cannot find package '(\/[^']+)'/.exec(messageOf(error)) ?? [];
  return code === 'ERR_MODULE_NOT_FOUND' && path !== undefined && existsSync(dirname(path));
}

function problemOf(error: unknown, { words, command }: WrittenLine): string {
  if (!isScannerError(error)) return escapeText(messageOf(error));
  return formatMessageForArgumentScannerError(error, {
    FlagNotFoundError: ({ input, corrections }) => {
      const flag = `there is no flag --${escapeText(input)}`;
      if (command === 'tools run') return `${flag}; what the tool takes is JSON behind --input`;
      return flag + nearest(corrections.map((name) => `--${name}`));
    },
    AliasNotFoundError: ({ input }) => `there is no flag -${escapeText(input)}`,
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, input, exception }) =>
      `${shownName(name)} cannot be "${escapeText(input)}": ${messageOf(exception)}`,
    EnumValidationError: ({ externalFlagName, input, values }) =>
      `--${externalFlagName} cannot be "${escapeText(input)}"; it is one of ${values.join(', ')}`,
    UnsatisfiedFlagError: ({ externalFlagName: name }) =>
      `--${name} ${words.includes(`--${name}`) ? 'needs a value' : 'is missing'}`,
    UnexpectedFlagError: ({ externalFlagName }) => `--${externalFlagName} is given twice`,
    UnexpectedPositionalError: ({ input }) => `"${escapeText(input)}" is a word too many`,
    UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing`,
  });
}

/** The name of a flag, or of a word: those are written in capitals. */
function shownName(name: string): string {
  return /^[A-Z]/.test(name) ? name : `--${name}`;
}

function isScannerError(error: unknown): error is ArgumentScannerError {
  return error instanceof Error && !(error instanceof SignalboxError);
}

function nearest(corrections: readonly string[]): string {
  const quoted = corrections.map((name) => `"${name}"`);
  return quoted.length === 0 ? '' : `, did you mean ${quoted.join(' or ')}?`;
}
