import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { PROFILE } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';

/** The commands that look after an installation. */
export function doctorCommands(): { readonly doctor: Command<CliContext> } {
  const doctor = buildCommand({
    loader: async () => (await import('./doctor.ts')).doctor,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        profile: PROFILE,
      },
    },
    docs: {
      brief: 'Name every weaker setting and every obstacle, with its remedy',
      fullDescription: [
        'Looks at the configuration, the machine, the data directory and the daemon.',
        'Changes nothing. Exit code 1 where something is weaker, or stands in the way.',
      ].join('\n'),
    },
  });
  return { doctor };
}
