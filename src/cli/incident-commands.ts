import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { COUNT, oneId, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseIdBeside } from './parameters.ts';

const ID = 'The id of the incident, or its number';
const VERBS = ['ls', 'show', 'ack', 'resolve', 'false-alarm'] as const;

/** The commands about incidents. */
export function incidentRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      ls: listCommand(),
      show: buildCommand({
        loader: async () => (await import('./incidents.ts')).showIncident,
        parameters: { flags: GLOBAL_FLAGS, positional: oneId(ID) },
        docs: { brief: 'Show an incident with all that happened to it' },
      }),
      ack: wordCommand('ack', 'Say that somebody takes care of it: nothing about it is repeated'),
      resolve: wordCommand('resolve', 'Say that it is over'),
      'false-alarm': wordCommand('false-alarm', 'Say that it was none'),
    },
    defaultCommand: 'ls',
    docs: {
      brief: 'Look at what is wrong, and say what becomes of it: incidents, incidents ack ID',
    },
  });
}

function listCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./incidents.ts')).listIncidents,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        state: {
          kind: 'enum',
          optional: true,
          values: ['open', 'acknowledged', 'resolved', 'false_alarm'],
          brief: 'Only those in this state (default: all)',
        },
        limit: { ...COUNT, brief: 'How many (default: 20)' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            parse: parseIdBeside([...VERBS]),
            optional: true,
            placeholder: 'ID',
            brief: 'One incident, to show as incidents show does',
          },
        ],
      },
    },
    docs: { brief: 'List incidents, newest first (incidents does the same)' },
  });
}

function wordCommand(verb: 'ack' | 'resolve' | 'false-alarm', brief: string): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./incidents.ts')).incidentWord(verb),
    parameters: {
      flags: { ...GLOBAL_FLAGS, reason: { ...TEXT, placeholder: 'R', brief: 'Why, for the log' } },
      positional: oneId(ID),
    },
    docs: { brief },
  });
}
