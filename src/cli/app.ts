import { type Application, buildApplication, ExitCode, run } from '@stricli/core';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { takeLeadingGlobals } from './globals.ts';
import { buildRoutes } from './routes.ts';
import { describeFailure, USAGE_TEXT } from './usage-text.ts';

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

/** How far a word may be from one that is known to be taken for a slip of the fingers. */
const NEAR = {
  threshold: 2,
  weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 },
};

/** The command line as its parser knows it. */
export function buildApp(): Application<CliContext> {
  return buildApplication(buildRoutes(), {
    name: 'signalbox',
    scanner: {
      caseStyle: 'allow-kebab-for-camel',
      allowArgumentEscapeSequence: true,
      distanceOptions: NEAR,
    },
    documentation: { disableAnsiColor: true, onlyRequiredInUsageLine: true },
    localization: { text: USAGE_TEXT },
    determineExitCode: exitCodeOf,
  });
}

/** Brings what people also write into the form that the parser reads. */
function normalize(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  if (first === '--version') return ['version', ...rest];
  // The parser reads --flag=VALUE only as far as a line goes.
  return argv.flatMap((word) => {
    const parts = /^(--[a-z][a-z-]+)=([^]*\n[^]*|)$/.exec(word);
    return parts === null ? [word] : [parts[1] ?? '', parts[2] ?? ''];
  });
}

/** The parser's own codes are negative; most of them say that the command line was wrong. */
function toExitCode(code: number | string | null | undefined): number {
  const number = Number(code ?? EXIT.done);
  if (number === ExitCode.CommandLoadError || number === ExitCode.InternalError) return EXIT.failed;
  return number < 0 ? EXIT.usage : number;
}
