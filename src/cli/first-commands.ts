import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { loadZod, RUN_FLAGS } from './life-commands.ts';

/** The commands of the first minutes. */
export function firstCommands(): Record<'init' | 'dev' | 'top', Command<CliContext>> {
  return { init: initCommand(), dev: devCommand(), top: topCommand() };
}

function initCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./init.ts')).init,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        template: {
          ...TEXT,
          placeholder: 'T',
          brief: 'starter (the default: what fits this folder), minimal, agents or webhook',
        },
      },
    },
    docs: {
      brief: 'Write a configuration and flows that fit this folder, to begin with',
      fullDescription: [
        'Looks at what the folder holds (git, CI, language, tests, agents) and runs nothing of it.',
        'Writes signalbox.yaml and files in flows/, which work with no key and no account.',
        'Writes over nothing: where a file is in the way, it says so and writes none.',
      ].join('\n'),
    },
  });
}

function devCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => {
      await loadZod();
      return (await import('./dev.ts')).dev;
    },
    parameters: { flags: RUN_FLAGS },
    docs: {
      brief: 'Run the daemon while you write its files: changes are in force at once',
      fullDescription: [
        'Does what up does. What you change in the files is put in force as soon as you save it;',
        'a bad file is shown with its place, and what was in force stays.',
        'The log tells each event and each run with its steps, on standard error.',
      ].join('\n'),
    },
  });
}

function topCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./top.ts')).top,
    parameters: {
      flags: { ...GLOBAL_FLAGS, once: { ...SWITCH, brief: 'Print it once, and end' } },
    },
    docs: {
      brief: 'Show how the running daemon does, drawn again each second',
      fullDescription: [
        'Runs by state, what is queued, sources, the latest runs and events, and their rates.',
        'Into a pipe, and with --once, it is printed once.',
      ].join('\n'),
    },
  });
}
