import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import { LETTER_KINDS, LETTER_STATES } from '../store/contract.ts';
import type { CliContext } from './context.ts';
import { COUNT, oneId, PROFILE, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS, SHARED_FLAGS } from './globals.ts';
import { parseIdBeside, parseText } from './parameters.ts';

const FILTER = {
  kind: {
    kind: 'enum',
    optional: true,
    values: [...LETTER_KINDS],
    brief: 'Only those about this',
  },
  flow: { ...TEXT, placeholder: 'FLOW', brief: 'Only those of this flow' },
} as const;

const SETTLE_FLAGS = {
  ...GLOBAL_FLAGS,
  ...FILTER,
  all: { ...SWITCH, brief: 'Every open one that fits, the oldest first' },
  limit: { ...COUNT, brief: 'With --all: only the N newest' },
} as const;

const LETTER = {
  kind: 'tuple',
  parameters: [
    {
      parse: parseText,
      optional: true,
      placeholder: 'ID',
      brief: 'The id of the dead letter, or its number',
    },
  ],
} as const;

/** The commands about dead letters. */
export function letterRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      ls: listCommand(),
      show: buildCommand({
        loader: async () => (await import('./dlq-show.ts')).showLetter,
        parameters: {
          flags: GLOBAL_FLAGS,
          positional: oneId('The id of the dead letter, or its number'),
        },
        docs: { brief: "Show a dead letter with its event's data" },
      }),
      retry: retryCommand(),
      drop: dropCommand(),
    },
    defaultCommand: 'ls',
    docs: { brief: 'Look at what failed, retry it or drop it: dlq, dlq retry ID, dlq drop ID' },
  });
}

function listCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./dlq.ts')).listLetters,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        ...FILTER,
        state: {
          kind: 'enum',
          optional: true,
          values: [...LETTER_STATES],
          brief: 'Only those in this state (default: open)',
        },
        limit: { ...COUNT, brief: 'How many (default: 20)' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            parse: parseIdBeside(['ls', 'show', 'retry', 'drop']),
            optional: true,
            placeholder: 'ID',
            brief: 'One dead letter, to show as dlq show does',
          },
        ],
      },
    },
    docs: { brief: 'List what failed and is open, newest first (dlq does the same)' },
  });
}

function retryCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./dlq-settle.ts')).retryLetters,
    parameters: {
      flags: {
        ...SETTLE_FLAGS,
        with: {
          ...TEXT,
          placeholder: 'FILE',
          brief: "A file of JSON in place of the event's data",
        },
      },
      positional: LETTER,
    },
    docs: { brief: 'Have another try at a dead letter, or at all that fit' },
  });
}

function dropCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./dlq-settle.ts')).dropLetters,
    parameters: {
      flags: {
        ...SETTLE_FLAGS,
        reason: { ...TEXT, placeholder: 'R', brief: 'Why, for the log' },
      },
      positional: LETTER,
    },
    docs: { brief: 'Set a dead letter aside for good, or all that fit' },
  });
}

/** The command that processes one event to its end. */
export function eventCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./event.ts')).processEvent,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        type: {
          ...TEXT,
          placeholder: 'TYPE',
          brief: 'A type of sources, such as webhook, or of events',
        },
        payload: { ...TEXT, placeholder: 'JSON', brief: 'Its data: JSON or @FILE' },
        handler: { ...TEXT, placeholder: 'FLOW', brief: 'Start only this handler or flow' },
        profile: PROFILE,
      },
    },
    docs: {
      brief: 'Process one event to the end, with or without a daemon',
      fullDescription:
        'Prints {event_id, success, actions_taken, output, error}; no success is exit code 1.',
      customUsage: ['--type TYPE [--payload JSON|@FILE]', '--handler FLOW [--payload JSON|@FILE]'],
    },
  });
}

/** The command that starts a flow by hand. */
export function triggerCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./trigger.ts')).trigger,
    parameters: {
      flags: {
        ...SHARED_FLAGS,
        data: {
          ...TEXT,
          variadic: true,
          placeholder: 'JSON',
          brief: 'What the run finds as its data: JSON, @FILE, or - for standard input',
        },
        handler: {
          ...TEXT,
          placeholder: 'FLOW',
          brief: 'The flow or handler, instead of the word',
        },
        wait: { ...SWITCH, brief: 'Wait until the run has ended' },
        interactive: { ...SWITCH, brief: 'Ask before each step that acts' },
        dryRun: { ...SWITCH, brief: 'Show the steps as they would run, and do nothing' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          { parse: parseText, optional: true, placeholder: 'FLOW', brief: 'The flow or handler' },
        ],
      },
    },
    docs: {
      brief: 'Start a flow by its name, whatever its triggers say, or a choreography',
      fullDescription:
        'The data directory stands before the command here: signalbox --data DIR trigger FLOW',
      customUsage: ['FLOW [--data JSON|@FILE|-] [--wait] [--interactive] [--dry-run]'],
    },
  });
}
