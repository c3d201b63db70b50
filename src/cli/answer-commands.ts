import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { COUNT, oneId, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands that explain what happened, by their names. */
export function answerCommands(): Readonly<
  Record<string, Command<CliContext> | RouteMap<CliContext>>
> {
  return {
    history: historyCommand(),
    why: whyCommand(),
    whyNot: whyNotCommand(),
    effects: effectsCommand(),
    saga: sagaRoutes(),
  };
}

/** The command that tells what became of events. */
export function historyCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./history.ts')).history,
    parameters: {
      flags: { ...GLOBAL_FLAGS, limit: { ...COUNT, brief: 'How many (default: 20)' } },
    },
    docs: { brief: 'List events, newest first, with what became of each and why' },
  });
}

function whyCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./why.ts')).why,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: oneId('The id of a run or an event, or its number'),
    },
    docs: { brief: 'Tell why a run or an event is what it is, and what led to it' },
  });
}

function sagaRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      preview: buildCommand({
        loader: async () => (await import('./saga-preview.ts')).previewRun,
        parameters: { flags: GLOBAL_FLAGS, positional: oneId('The id of the run, or its number') },
        docs: { brief: 'Tell what would be undone if the run were cancelled now' },
      }),
    },
    docs: { brief: 'Look at what can be undone: saga preview RUN' },
  });
}

function whyNotCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./why-not.ts')).whyNot,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'tuple',
        parameters: [
          { parse: parseText, placeholder: 'EVENT', brief: 'The id of the event, or its number' },
          { parse: parseText, placeholder: 'FLOW', brief: 'The flow that it did not start' },
        ],
      },
    },
    docs: { brief: 'Tell which rule kept an event from starting a flow, and what it saw' },
  });
}

function effectsCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./effects.ts')).effects,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        uncertain: { ...SWITCH, brief: 'Those that may have happened twice, or not at all' },
        since: {
          ...TEXT,
          placeholder: 'T',
          brief: 'Only from then on: 90m, or 2026-11-20T09:00',
        },
        limit: { ...COUNT, brief: 'How many (default: 100)' },
      },
    },
    docs: {
      brief: 'List what may have happened twice: effects --uncertain',
      customUsage: ['--uncertain [--since T] [--limit N]'],
    },
  });
}
