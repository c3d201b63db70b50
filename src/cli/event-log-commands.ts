import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** Events from shells and from what was logged before there was Signalbox. */
export function shellCommands(): Record<'shellenv' | 'exec', Command<CliContext>> {
  return { shellenv: shellenvCommand(), exec: execCommand() };
}

function shellenvCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./shellenv.ts')).shellenv,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        log: { ...TEXT, placeholder: 'FILE', brief: 'The event log to append to' },
      },
    },
    docs: {
      brief: 'Print emit_event for bash: eval "$(signalbox shellenv)"',
      fullDescription: [
        'Prints a function that appends one line to the event log, with Signalbox or without.',
        'The log is the first event_log source of the configuration, else the usual one.',
      ].join('\n'),
    },
  });
}

function execCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./exec.ts')).exec,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        name: { ...TEXT, placeholder: 'N', brief: 'The subject of its events (default: COMMAND)' },
      },
      positional: {
        kind: 'array',
        parameter: { parse: parseText, placeholder: 'COMMAND', brief: 'The command, as it is' },
      },
    },
    docs: {
      brief: 'Run a command as it is, and record how it went',
      fullDescription: [
        'Records command.started, then command.completed or command.failed.',
        'Input, output, exit code and signals are those of the command.',
      ].join('\n'),
      customUsage: ['[--name N] -- COMMAND'],
    },
  });
}

/** `events import` */
export function importCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./events-import.ts')).importEvents,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        fields: {
          ...TEXT,
          placeholder: 'A,B',
          brief: 'What stands between the bars: time,type,operation,-,payload',
        },
        correlate: {
          ...TEXT,
          placeholder: 'FIELD',
          brief: 'Events with the same value of this field are one chain',
        },
        source: { ...TEXT, placeholder: 'S', brief: 'Their source (default: import:FILE)' },
      },
      positional: {
        kind: 'tuple',
        parameters: [{ parse: parseText, placeholder: 'FILE', brief: 'The old log' }],
      },
    },
    docs: {
      brief: 'Record the lines of an old log as events that start nothing',
      fullDescription: [
        'Reads time|EVENT|type|operation|context|payload, JSON objects and CloudEvents.',
        'A line that was imported before is not recorded again.',
      ].join('\n'),
    },
  });
}
