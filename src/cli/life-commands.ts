import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { PROFILE, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parsePort, parseStore, parseText } from './parameters.ts';
import type { UpFlags } from './up.ts';

type StartFlags = Omit<UpFlags, 'background'>;

const FILE = { ...TEXT, placeholder: 'FILE' } as const;

/** What whoever runs a daemon may want of it. */
export const RUN_FLAGS = {
  ...GLOBAL_FLAGS,
  port: {
    kind: 'parsed',
    parse: parsePort,
    optional: true,
    placeholder: 'PORT',
    brief: 'The port of the API (default: 8765); 0 takes any free one',
  },
  store: {
    kind: 'parsed',
    parse: parseStore,
    optional: true,
    placeholder: 'URL',
    brief: 'Where the log lies: sqlite, or postgres://USER@HOST/NAME',
  },
  readyFile: { ...FILE, brief: 'Write the ready line to this file too' },
  sources: { ...TEXT, placeholder: 'A,B', brief: 'Open only these sources, by type or name' },
  profile: PROFILE,
  paused: { ...SWITCH, brief: 'Begin no run until they are resumed' },
  testMode: { ...SWITCH, brief: 'Tell events and runs as they come, and nobody over a channel' },
} as const;

/** All that a daemon may be started with, but for whether it is in the background. */
const START_FLAGS = {
  ...RUN_FLAGS,
  pidFile: { ...FILE, brief: 'Write the number of the process to this file' },
  apply: { ...SWITCH, brief: 'Put changed files in force' },
  behindProxy: { ...SWITCH, brief: 'A proxy with HTTPS stands before the API' },
  standby: { ...SWITCH, brief: 'Wait until no other daemon holds the data, and take over' },
} as const;

/** The command that runs the daemon. */
export function upCommand(): Command<CliContext> {
  return buildCommand({
    loader: loadUp,
    parameters: {
      flags: {
        ...START_FLAGS,
        background: { ...SWITCH, brief: 'Return when it is ready, and let it go on: start' },
        logFile: { ...FILE, brief: 'Log to this file instead of standard error' },
      },
    },
    docs: {
      brief: 'Run the daemon (also: daemon)',
      fullDescription: [
        'Runs the daemon until SIGTERM or SIGINT; a second signal ends it at once.',
        'Prints one JSON line on standard output when it is ready.',
        'The log goes to standard error, as JSON lines with --json.',
      ].join('\n'),
    },
  });
}

/** The command that runs the daemon in the background: `up --background`. */
export function startCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => {
      const up = await loadUp();
      return function start(this: CliContext, flags: StartFlags): Promise<void> {
        return up.call(this, { ...flags, background: true });
      };
    },
    parameters: {
      flags: {
        ...START_FLAGS,
        logFile: { ...FILE, brief: 'Log to this file (default: daemon.log in the data directory)' },
      },
    },
    docs: {
      brief: 'Start the daemon in the background, and return when it is ready',
      fullDescription: [
        'Prints the ready line; of one that does not come up the error, with its exit code.',
        'Stop it with: signalbox stop',
      ].join('\n'),
    },
  });
}

/** The command that ends the daemon. */
export function stopCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./stop.ts')).stop,
    parameters: { flags: GLOBAL_FLAGS },
    docs: {
      brief: 'Stop the running daemon, and return when it has ended',
      fullDescription: [
        'Steps under way have ten seconds to end; what does not is taken up at the next start.',
        'Exit code 69 where no daemon runs, 4 where it did not end in time.',
      ].join('\n'),
    },
  });
}

/** The command that emits an event which looks like one that coordination sends. */
export function testEventCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./test-event.ts')).testEvent,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'tuple',
        parameters: [
          {
            parse: parseText,
            optional: true,
            placeholder: 'TYPE',
            brief: 'Its type (default: COORDINATION_CRISIS)',
          },
        ],
      },
    },
    docs: { brief: 'Emit an event as coordination sends it, to see what it starts' },
  });
}

async function loadUp() {
  await loadZod();
  return (await import('./up.ts')).up;
}

/** Its many files first, and ours then: fewer are open at once. */
export async function loadZod(): Promise<void> {
  await import('zod');
}
