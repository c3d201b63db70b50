import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

const REASON = { ...TEXT, placeholder: 'R', brief: 'Why, for those who wonder' } as const;

/** The commands about what flows mend by themselves, and people by hand. */
export function upkeepCommands(): {
  readonly playbooks: RouteMap<CliContext>;
  readonly limit: Command<CliContext>;
} {
  return { playbooks: playbookRoutes(), limit: limitCommand() };
}

function playbookRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./playbooks.ts')).listPlaybooks,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'List the playbooks that ship' },
  });
  const add = buildCommand({
    loader: async () => (await import('./playbooks.ts')).addPlaybook,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'tuple',
        parameters: [{ parse: parseText, placeholder: 'NAME', brief: 'Its name' }],
      },
    },
    docs: {
      brief: 'Copy one into playbooks/, where it is yours',
      fullDescription: 'Writes over nothing. It is in force when the daemon reads its files again.',
    },
  });
  return buildRouteMap({
    routes: { ls: list, add },
    defaultCommand: 'ls',
    docs: { brief: 'Take over flows that tell of failures and mend them' },
  });
}

/** `sources restart NAME`. */
export function restartSourceCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./upkeep.ts')).restartSource,
    parameters: {
      flags: { ...GLOBAL_FLAGS, reason: REASON },
      positional: {
        kind: 'tuple',
        parameters: [{ parse: parseText, placeholder: 'NAME', brief: 'The source' }],
      },
    },
    docs: { brief: 'Close a source and open it anew' },
  });
}

function limitCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./upkeep.ts')).limit,
    parameters: {
      flags: { ...GLOBAL_FLAGS, reason: REASON },
      positional: {
        kind: 'tuple',
        parameters: [
          { parse: parseText, placeholder: 'FLOW', brief: 'The flow' },
          { parse: parseText, placeholder: 'N', brief: 'How many; default is what the files say' },
        ],
      },
    },
    docs: {
      brief: 'Have fewer runs of a flow under way at once',
      fullDescription: [
        'Holds over restarts, until it is taken back with "default". What is under way goes on.',
        'Never has more of them under way than the files say.',
      ].join('\n'),
    },
  });
}
