import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { COUNT, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The command that lets recorded events come once more. */
export function replayCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./replay.ts')).replay,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        since: { ...TEXT, placeholder: 'T', brief: 'From then on: 90m, or 2026-11-20T09:00' },
        until: { ...TEXT, placeholder: 'T', brief: 'Up to then (default: now)' },
        type: {
          ...TEXT,
          placeholder: 'GLOB',
          brief: 'Only this type, or those of a prefix: git.*',
        },
        flow: { ...TEXT, placeholder: 'FLOW', brief: 'Only what this flow wants, and only for it' },
        limit: { ...COUNT, brief: 'At most so many events' },
        dryRun: { ...SWITCH, brief: 'Say what would start, and do nothing (the default)' },
        live: { ...SWITCH, brief: 'Record the events once more; their flows start' },
        recordedEffects: {
          ...SWITCH,
          brief: 'Say whether their runs would be the same, with what was recorded of them',
        },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            parse: parseText,
            optional: true,
            placeholder: 'EVENT',
            brief: 'One event by its id, or its number',
          },
        ],
      },
    },
    docs: {
      brief: 'Let recorded events come once more: replay EVENT, replay --since T',
      fullDescription: [
        'Says what a replay would start under the flows in force, and with --live does it.',
        'Of a time those events come again that came from outside, in the order of the log.',
        'With --recorded-effects nothing is called: each step takes what was recorded of it.',
      ].join('\n'),
      customUsage: [
        'EVENT [--flow FLOW] [--dry-run|--recorded-effects|--live]',
        '--since T [--until T] [--type GLOB] [--flow FLOW] [--limit N] [--dry-run|--live]',
        '--since T [--until T] [--type GLOB] [--flow FLOW] [--limit N] --recorded-effects',
      ],
    },
  });
}
