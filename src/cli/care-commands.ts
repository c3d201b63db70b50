import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { oneId, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands that care for the store itself. */
export function careCommands(): Record<'backup' | 'restore', Command<CliContext>> {
  return { backup: backupCommand(), restore: restoreCommand() };
}

/** `verify`, of the log or of a part that was taken out of it. */
export function verifyCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./verify.ts')).verify,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        deep: { ...SWITCH, brief: 'Also check every page of the file' },
        archive: { ...TEXT, placeholder: 'FILE', brief: 'Prove a file that retention wrote' },
      },
    },
    docs: { brief: 'Read the whole log again and prove that it is complete and unchanged' },
  });
}

/** `test`, of scenarios. */
export function testCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./test.ts')).test,
    parameters: {
      flags: GLOBAL_FLAGS,
      positional: {
        kind: 'array',
        parameter: { parse: parseText, placeholder: 'FILES', brief: 'Scenario files' },
      },
    },
    docs: {
      brief: 'Play scenarios of your flows under a virtual clock',
      fullDescription: [
        'Without FILES: all *.test.yaml beside the configuration, in flows/ and in tests/.',
        'Nothing outside is touched: what steps would do is answered by the scenario.',
      ].join('\n'),
    },
  });
}

/** `events erase` */
export function eraseCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./events-erase.ts')).eraseEvent,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        reason: { ...TEXT, placeholder: 'R', brief: 'Why: it stands in the log' },
      },
      positional: oneId('The id of the event, or its number'),
    },
    docs: { brief: 'Destroy the data of an event for good; its record stays' },
  });
}

const file = (brief: string) =>
  ({
    kind: 'tuple',
    parameters: [{ parse: parseText, placeholder: 'FILE', brief }],
  }) as const;

function backupCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./backup.ts')).backup,
    parameters: { flags: GLOBAL_FLAGS, positional: file('The file to write; it must not exist') },
    docs: {
      brief: 'Copy the log and all that belongs to it into one file',
      fullDescription: [
        'Works beside a running daemon, and without one. The file is there when it is whole,',
        'read again and on disk, or not at all. Only its owner can read it.',
      ].join('\n'),
    },
  });
}

function restoreCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./restore.ts')).restore,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        replace: { ...SWITCH, brief: 'Put it in the place of a log that is there; that is kept' },
      },
      positional: file('A file that backup wrote'),
    },
    docs: {
      brief: 'Make the data directory of a backup; the daemon must not run',
      fullDescription: [
        'The next daemon starts paused: effects after the backup are unknown.',
        'effects --uncertain lists what may happen twice, and resume lets everything go on.',
      ].join('\n'),
    },
  });
}
