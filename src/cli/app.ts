import { type Application, buildApplication, run, text_en } from '@stricli/core';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { takeLeadingGlobals } from './globals.ts';
import { buildRoutes } from './routes.ts';

/**
 * Runs one command line and resolves to its exit code. Never throws.
 *
 * What a command throws is written to standard error: what happened, where, what to do.
 */
export async function runCommandLine(
  argv: readonly string[],
  context: Omit<CliContext, 'globals'>,
): Promise<number> {
  try {
    const { globals, rest } = takeLeadingGlobals(argv);
    await run(buildApp(), normalize(rest), { ...context, globals });
    return toExitCode(context.process.exitCode);
  } catch (error) {
    context.terminal.note(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}

function buildApp(): Application<CliContext> {
  return buildApplication(buildRoutes(), {
    name: 'signalbox',
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { disableAnsiColor: true },
    localization: { text: TEXT },
    determineExitCode: exitCodeOf,
  });
}

const TEXT = {
  ...text_en,
  noCommandRegisteredForInput: ({
    input,
    corrections,
  }: {
    readonly input: string;
    readonly corrections: readonly string[];
  }) => {
    const near = corrections.length === 0 ? '' : `, did you mean ${corrections.join(' or ')}?`;
    return `signalbox: There is no command "${escapeText(input)}"${near} List them: signalbox help`;
  },
  exceptionWhileParsingArguments: (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    return `signalbox: ${escapeText(message)}. See: signalbox help COMMAND`;
  },
  exceptionWhileLoadingCommandFunction: describeFailure,
  exceptionWhileRunningCommand: describeFailure,
  commandErrorResult: describeFailure,
};

/** Of our own errors the message says everything; of others only their stack helps. */
function describeFailure(error: unknown): string {
  if (error instanceof SignalboxError) return `signalbox: ${error.message}`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `signalbox: This should not have happened; please report it.\n${trace}`;
}

/** `help COMMAND` is `COMMAND --help`; and a value with newlines stands beside its flag. */
function normalize(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  // The parser reads --flag=VALUE only as far as a line goes.
  return argv.flatMap((word) => {
    const parts = /^(--[a-z][a-z-]+)=([^]*\n[^]*|)$/.exec(word);
    return parts === null ? [word] : [parts[1] ?? '', parts[2] ?? ''];
  });
}

/** The parser's own codes are negative; all of them say that the command line was wrong. */
function toExitCode(code: number | string | null | undefined): number {
  const number = Number(code ?? EXIT.done);
  return number < 0 ? EXIT.usage : number;
}
