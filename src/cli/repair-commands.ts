import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseText } from './parameters.ts';

/** The commands that change what has become of a run. */
export const REPAIRS = [
  'pause',
  'resume',
  'cancel',
  'kill',
  'retry',
  'skip',
  'set',
  'move',
] as const;

/** The grammar of these commands. */
export function repairCommands(): Record<(typeof REPAIRS)[number], Command<CliContext>> {
  return {
    pause: buildCommand({
      loader: async () => (await import('./runs-repair.ts')).pauseRun,
      parameters: { flags: FLAGS, positional: RUN },
      docs: { brief: 'Hold a run, or have it held when its step is over' },
    }),
    resume: buildCommand({
      loader: async () => (await import('./runs-repair.ts')).resumeRun,
      parameters: { flags: FLAGS, positional: RUN },
      docs: { brief: 'Let a run go on that is paused' },
    }),
    cancel: buildCommand({
      loader: async () => (await import('./runs-repair.ts')).cancelRun,
      parameters: { flags: FLAGS, positional: RUN },
      docs: { brief: 'End a run, tell its step to end, and undo what can be' },
    }),
    kill: buildCommand({
      loader: async () => (await import('./runs-repair.ts')).killRun,
      parameters: { flags: FLAGS, positional: RUN },
      docs: { brief: 'End a run, and kill the command of its step' },
    }),
    retry: retryCommand(),
    skip: skipCommand(),
    set: setCommand(),
    move: moveCommand(),
  };
}

const REASON = { ...TEXT, placeholder: 'R', brief: 'Why: it stands in the log' } as const;
const FLAGS = { ...GLOBAL_FLAGS, reason: REASON } as const;
const RUN_WORD = {
  parse: parseText,
  placeholder: 'RUN',
  brief: 'The id of the run, or its number',
} as const;
const RUN = { kind: 'tuple', parameters: [RUN_WORD] } as const;
const STEP_WORD = { parse: parseText, placeholder: 'STEP', brief: 'The id of the step' } as const;
const RUN_AND_STEP = { kind: 'tuple', parameters: [RUN_WORD, STEP_WORD] } as const;

function retryCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./runs-repair.ts')).retryRun,
    parameters: {
      flags: {
        ...FLAGS,
        from: { ...TEXT, placeholder: 'STEP', brief: 'Go back to this step (default: the failed)' },
      },
      positional: { kind: 'tuple', parameters: [RUN_WORD, { ...STEP_WORD, optional: true }] },
    },
    docs: { brief: 'Do a step of a run again, and what comes behind it' },
  });
}

function skipCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./runs-repair.ts')).skipStep,
    parameters: {
      flags: { ...FLAGS, reason: { ...REASON, optional: false } },
      positional: RUN_AND_STEP,
    },
    docs: { brief: 'Pass over the step at which a run rests or with which it failed' },
  });
}

function setCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./runs-repair.ts')).setStep,
    parameters: {
      flags: {
        ...FLAGS,
        output: {
          ...TEXT,
          optional: false,
          placeholder: 'JSON',
          brief: 'What the step has given: JSON, or @FILE',
        },
      },
      positional: RUN_AND_STEP,
    },
    docs: { brief: 'Say what a step has given at which a run rests or with which it failed' },
  });
}

function moveCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./runs-repair.ts')).moveRun,
    parameters: {
      flags: {
        ...FLAGS,
        catalog: {
          ...TEXT,
          placeholder: 'HASH',
          brief: 'The catalog, or the beginning of its hash (default: the one in force)',
        },
        at: {
          ...TEXT,
          placeholder: 'STEP',
          brief: 'Go on at this step (default: the one at which it stands)',
        },
        accept: {
          kind: 'boolean',
          default: false,
          withNegated: false,
          brief: 'Move it though what it did does not fit the new definition',
        },
      },
      positional: RUN,
    },
    docs: { brief: 'Have a run go on by the definition of its flow in another catalog' },
  });
}
