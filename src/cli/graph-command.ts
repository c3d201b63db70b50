import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { PROFILE } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';

/** The command that draws who answers whom. */
export function graphCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./graph.ts')).graph,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        format: {
          kind: 'enum',
          optional: true,
          values: ['mermaid', 'dot', 'json'],
          brief: 'For Mermaid, Graphviz or a program, in place of lines of text',
        },
        profile: PROFILE,
      },
    },
    docs: {
      brief: 'Draw who answers whom: sources, choreographies, flows and tools',
      fullDescription: [
        "Reads the configuration's files and needs no daemon; with --url it asks that daemon.",
        'An arrow is an event. What nobody here emits comes from outside.',
      ].join('\n'),
    },
  });
}
