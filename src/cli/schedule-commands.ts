import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import type { CliContext } from './context.ts';
import { COUNT, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands about what comes at its time. */
export function scheduleRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./schedules.ts')).listSchedules,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        next: { ...COUNT, brief: 'How many of the next times, up to 100 (default: 10)' },
      },
    },
    docs: { brief: 'List the schedules with their next times, the last and those missed' },
  });
  return buildRouteMap({
    routes: { ls: list, next: nextCommand() },
    defaultCommand: 'ls',
    docs: { brief: 'Say what comes when' },
  });
}

/** `timers`: what is due at a time. */
export function timerRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./timers.ts')).listTimers,
    parameters: {
      flags: { ...GLOBAL_FLAGS, limit: { ...COUNT, brief: 'How many (default: 20)' } },
    },
    docs: { brief: 'List what is due at a time, and what else it waits for' },
  });
  return buildRouteMap({
    routes: { ls: list },
    defaultCommand: 'ls',
    docs: { brief: 'Say what is due' },
  });
}

function nextCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./schedules-next.ts')).nextTimes,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        timezone: { ...TEXT, placeholder: 'ZONE', brief: 'Whose clock is meant (default: UTC)' },
        from: { ...TEXT, placeholder: 'TIME', brief: 'The first time that counts (default: now)' },
        count: { ...COUNT, brief: 'How many (default: 10)' },
      },
      positional: {
        kind: 'tuple',
        parameters: [{ parse: parseText, placeholder: 'CRON', brief: 'Such as "0 9 * * MON"' }],
      },
    },
    docs: {
      brief: 'Print when a cron comes; no daemon is asked',
      customUsage: ['CRON [--timezone ZONE] [--from TIME] [--count N]'],
    },
  });
}
