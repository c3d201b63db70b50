import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import { TOKEN_ROLES } from '../identity/roles.ts';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands about who may do what. */
export function tokenRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./tokens.ts')).listTokens,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'List the tokens: whose they are, what they may do, when they were used' },
  });
  return buildRouteMap({
    routes: { ls: list, create: createCommand(), revoke: revokeCommand() },
    defaultCommand: 'ls',
    docs: { brief: 'Give tokens to people, programs and agents, and take them back' },
  });
}

function createCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./tokens.ts')).createToken,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        name: { kind: 'parsed', parse: parseText, placeholder: 'N', brief: 'What to call it' },
        role: { kind: 'enum', values: TOKEN_ROLES, brief: 'What it may do' },
        person: {
          ...TEXT,
          placeholder: 'P',
          brief: 'Whose it is: it may no more than that person may',
        },
        expires: { ...TEXT, placeholder: 'D', brief: 'How long it is good: 12h, 90d' },
      },
    },
    docs: {
      brief: 'Make a token and print it, this once',
      customUsage: ['--name N --role R [--person P] [--expires D]'],
    },
  });
}

function revokeCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./tokens.ts')).revokeToken,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'tuple',
        parameters: [{ parse: parseText, placeholder: 'NAME', brief: 'Its name, or its id' }],
      },
    },
    docs: { brief: 'Take a token back: it lets nobody in any more, and what is open is cut' },
  });
}

/** The command that signs a browser in. */
export function loginCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./login.ts')).login,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        person: { ...TEXT, placeholder: 'P', brief: 'For this person, by an admin' },
      },
    },
    docs: { brief: 'Print a link that signs a browser in once, within a minute' },
  });
}
