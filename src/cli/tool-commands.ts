import { buildCommand, buildRouteMap, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

const NAME = {
  kind: 'tuple',
  parameters: [{ parse: parseText, placeholder: 'NAME', brief: 'The name of the tool' }],
} as const;

/** The commands about what flows may use. */
export function toolRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./tools.ts')).listTools,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'List the tools and what each can do' },
  });
  const show = buildCommand({
    loader: async () => (await import('./tools.ts')).showTool,
    parameters: { flags: GLOBAL_FLAGS, positional: NAME },
    docs: { brief: 'Show what each action of a tool takes and gives' },
  });
  const run = buildCommand({
    loader: async () => (await import('./tools-run.ts')).runTool,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        action: { ...TEXT, placeholder: 'A', brief: 'The action, where the tool has several' },
        input: { ...TEXT, placeholder: 'JSON', brief: 'The arguments: JSON, or @FILE' },
        interactive: { ...SWITCH, brief: 'Tell a tool of your own that somebody sits before it' },
      },
      positional: NAME,
    },
    docs: {
      brief: 'Use a tool once, as a step of the project would',
      fullDescription: [
        'Needs no daemon and records nothing. Prints what the tool gives; what a command of',
        'your own prints beside that goes to standard error.',
        'The tool may do what it says: write files, send requests.',
      ].join('\n'),
    },
  });
  return buildRouteMap({
    routes: { ls: list, show, run },
    defaultCommand: 'ls',
    docs: { brief: 'Look at what flows may use: tools ls, tools show NAME, tools run NAME' },
  });
}
