import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { parseDuration } from '../std/duration.ts';
import { SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands about what happens without a person, and what a person is asked. */
export function judgingCommands(): Readonly<Record<'ask' | 'autonomy', Command<CliContext>>> {
  return { ask: askCommand(), autonomy: autonomyCommand() };
}

function askCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./ask-command.ts')).ask,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        choices: {
          ...NAMES,
          placeholder: 'A,B',
          brief: 'What may be answered; a yes is the first',
        },
        timeout: {
          kind: 'parsed',
          parse: parseSpan,
          optional: true,
          placeholder: 'D',
          brief: 'How long a yes may take, such as 4h; after it no answer is a no',
        },
        approvers: { ...NAMES, placeholder: 'P,Q', brief: 'People and roles who may answer' },
        claudeHook: { ...SWITCH, brief: 'Answer a PreToolUse hook of Claude Code' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'The question', parse: parseText, placeholder: 'QUESTION', optional: true },
        ],
      },
    },
    docs: {
      brief: 'Ask a person from a script or an agent, and wait for the answer',
      fullDescription: [
        'Exit codes: 0 approved, 3 rejected, 4 nobody answered in time.',
        'Prints the choice that was made, where the question offers some.',
      ].join('\n'),
    },
  });
}

const NAMES = { kind: 'parsed', parse: parseList, optional: true } as const;

function parseList(input: string): readonly string[] {
  return parseText(input)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function parseSpan(input: string): number {
  const ms = parseDuration(input);
  if (ms !== undefined && ms > 0) return ms;
  throw new SyntaxError(`"${input}" is no duration, such as 30s or 4h`);
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
