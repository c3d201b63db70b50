import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The commands that let a shell complete what is typed. */
export function completionRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      bash: scriptCommand('bash', 'eval "$(signalbox completion bash)" in ~/.bashrc'),
      zsh: scriptCommand('zsh', 'eval "$(signalbox completion zsh)" in ~/.zshrc, after compinit'),
      fish: scriptCommand('fish', 'signalbox completion fish | source in config.fish'),
      propose: proposeCommand(),
    },
    docs: {
      brief: 'Print what makes a shell complete commands, flags, flows and runs',
      hideRoute: { propose: true },
    },
  });
}

function scriptCommand(shell: Shell, use: string): Command<CliContext> {
  return buildCommand({
    loader: async () => {
      const { printCompletion } = await import('./completion.ts');
      return printCompletion(shell);
    },
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: `Print the script for ${shell}: ${use}` },
  });
}

function proposeCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./propose.ts')).propose,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'array',
        parameter: { parse: parseText, placeholder: 'WORDS', brief: 'What is typed so far' },
      },
    },
    docs: { brief: 'List what the last of some words may become; the scripts ask this' },
  });
}
