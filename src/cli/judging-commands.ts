import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands about what happens without a person, and what a person is asked. */
export function judgingCommands(): { readonly autonomy: Command<CliContext> } {
  return { autonomy: autonomyCommand() };
}

function autonomyCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./autonomy.ts')).autonomy,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        reason: { ...TEXT, placeholder: 'R', brief: 'Why, for those who wonder' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            brief:
              '0 observe, 1 propose, 2 automatic below the risk threshold, 3 automatic; default',
            parse: parseText,
            placeholder: 'level',
            optional: true,
          },
          {
            brief: 'A flow; all of them without',
            parse: parseText,
            placeholder: 'flow',
            optional: true,
          },
        ],
      },
    },
    docs: {
      brief: 'Show or set how much happens without a person',
      fullDescription: [
        'A level holds at once, also for runs under way, and over restarts.',
        '"default" takes back what was set: then what the files say counts again.',
        'The level of all flows is also the most that any of them has.',
      ].join('\n'),
    },
  });
}
