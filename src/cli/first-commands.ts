import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';

/** The commands of the first minutes. */
export function firstCommands(): Record<'init', Command<CliContext>> {
  return { init: initCommand() };
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
