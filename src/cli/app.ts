import { type Application, buildApplication, ExitCode, run } from '@stricli/core';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { firstSteps } from './first-steps.ts';
import { takeLeadingGlobals } from './globals.ts';
import { lessonText } from './lessons.ts';
import { buildRoutes } from './routes.ts';
import { atPlace } from './shown-command.ts';
import { describeFailure, usageText, type WrittenLine } from './usage-text.ts';

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
    const own = { ...context, globals };
    if (rest.length === 0) {
      await context.terminal.print(firstSteps(own));
      return EXIT.done;
    }
    const app = buildApp({ words: rest, toPlace: (text) => atPlace(text, own, rest) });
    const words = normalize(rest);
    await run(app, words, own);
    if (asksForHelp(words)) context.process.stdout.write(lessonText(commandOf(words)));
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

const NOTHING_WRITTEN = { words: [], toPlace: (message: string): string => message };

/** The command line as its parser knows it, for what was written. */
export function buildApp({
  words,
  toPlace,
}: Omit<WrittenLine, 'command'> = NOTHING_WRITTEN): Application<CliContext> {
  const routes = buildRoutes();
  return buildApplication(routes, {
    name: 'signalbox',
    scanner: {
      caseStyle: 'allow-kebab-for-camel',
      allowArgumentEscapeSequence: true,
      distanceOptions: NEAR,
    },
    documentation: { disableAnsiColor: true, onlyRequiredInUsageLine: true },
    localization: { text: usageText({ words, toPlace, command: commandOf(words, routes) }) },
    determineExitCode: exitCodeOf,
  });
}

/** Whether the parser answers with the help of what the words name. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  return own.some((word) => word === '--help' || word === '-h' || word === '--help-all');
}

/** The command that the first words name, as far as they name one. */
function commandOf([word, ...rest]: readonly string[], routes = buildRoutes()): string {
  const entry = routes
    .getAllEntries()
    .find(({ name }) => name['convert-camel-to-kebab'] === word || name.original === word);
  if (word === undefined || entry === undefined) return '';
  const { target } = entry;
  const below = 'getAllEntries' in target ? commandOf(rest, target) : '';
  return below === '' ? word : `${word} ${below}`;
}

/** Brings what people also write into the form that the parser reads. */
function normalize(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  if (first === '--version') return ['version', ...rest];
  // The parser reads --flag=VALUE only as far as a line goes. What follows -- is not for it.
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const split = own.flatMap((word) => {
    const parts = /^(--[a-z][a-z-]+)=([^]*\n[^]*|)$/.exec(word);
    return parts === null ? [word] : [parts[1] ?? '', parts[2] ?? ''];
  });
  return [...split, ...argv.slice(own.length)];
}

/** The parser's own codes are negative; most of them say that the command line was wrong. */
function toExitCode(code: number | string | null | undefined): number {
  const number = Number(code ?? EXIT.done);
  if (number === ExitCode.CommandLoadError || number === ExitCode.InternalError) return EXIT.failed;
  return number < 0 ? EXIT.usage : number;
}
