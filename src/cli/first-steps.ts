import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CliContext } from './context.ts';
import { findPlace } from './place.ts';
import { shownCommand } from './shown-command.ts';

/** What somebody sees who types the program's name and nothing else: what to do next, here. */
export function firstSteps(context: CliContext): string {
  const { globals, workingDirectory } = context;
  const { configFile, dataDirectory } = findPlace(globals, workingDirectory);
  const isSetUp = configFile !== undefined && existsSync(configFile);
  const steps = isSetUp ? nextHere(existsSync(join(dataDirectory, 'signalbox.db'))) : BEGIN;
  const shown = steps.map(([words, what]) => [shownCommand(context, {}, words), what] as const);
  const width = Math.max(...shown.map(([command]) => command.length));
  const here = isSetUp ? `${basename(configFile)} is there.` : 'Nothing is set up here yet.';
  const lines = [
    'Signalbox turns what happens around your repositories into events, and runs flows from them.',
    '',
    `${here} Next:`,
    ...shown.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`),
    '',
    'All commands: signalbox help. One of them, with examples: signalbox help COMMAND.',
  ];
  return `${lines.join('\n')}\n`;
}

type Step = readonly [words: string, what: string];

const BEGIN: readonly Step[] = [
  ['init', 'writes a configuration and flows that fit this folder'],
  ['dev', 'runs them, and shows what happens'],
  ['help init', 'says which templates there are'],
];

function nextHere(hasData: boolean): readonly Step[] {
  const look: readonly Step[] = hasData
    ? [
        ['runs', 'lists what was done'],
        ['events', 'lists what happened'],
        ['status', 'says how the daemon is'],
      ]
    : [];
  return [
    ['check', 'finds what is wrong in it'],
    ['dev', 'runs it, and takes up what you change'],
    ...look,
  ];
}
