import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import { SHOWN_STATES } from '../views/shown-state.ts';
import { answerCommands, historyCommand } from './answer-commands.ts';
import { careCommands, eraseCommand, testCommand, verifyCommand } from './care-commands.ts';
import type { CliContext } from './context.ts';
import { importCommand, shellCommands } from './event-log-commands.ts';
import { doctorCommands } from './doctor-commands.ts';
import { completionRoutes } from './completion-commands.ts';
import { firstCommands } from './first-commands.ts';
import { COUNT, oneId, PROFILE, SWITCH, TEXT } from './flag-kinds.ts';
import { incidentRoutes } from './incident-commands.ts';
import { judgingCommands } from './judging-commands.ts';
import { GLOBAL_FLAGS, SHARED_FLAGS } from './globals.ts';
import { startCommand, stopCommand, testEventCommand, upCommand } from './life-commands.ts';
import { graphCommand } from './graph-command.ts';
import { replayCommand } from './replay-command.ts';
import { eventCommand, letterRoutes, triggerCommand } from './letter-commands.ts';
import {
  approveCommand,
  proposalRoutes,
  rejectCommand,
  returnCommand,
} from './proposal-commands.ts';
import { repairCommands, REPAIRS } from './repair-commands.ts';
import { scheduleRoutes, timerRoutes } from './schedule-commands.ts';
import { loginCommand, tokenRoutes } from './token-commands.ts';
import { restartSourceCommand, upkeepCommands } from './upkeep-commands.ts';
import { toolRoutes } from './tool-commands.ts';
import { parseCountBeside, parseIdBeside, parseSeq, parseText } from './parameters.ts';

/**
 * The grammar of the command line: every command with its flags and words.
 *
 * What a command does is in the file of its name, loaded only when it runs: `emit` must start fast.
 */
export function buildRoutes(): RouteMap<CliContext> {
  const up = upCommand();
  return buildRouteMap({
    routes: {
      ...firstCommands(),
      up,
      daemon: daemonRoutes(up),
      start: startCommand(),
      stop: stopCommand(),
      emit: emitCommand(),
      ...shellCommands(),
      events: eventsRoutes(),
      testEvent: testEventCommand(),
      runs: runsRoutes(),
      event: eventCommand(),
      trigger: triggerCommand(),
      replay: replayCommand(),
      dlq: letterRoutes(),
      proposals: proposalRoutes(),
      approve: approveCommand(),
      reject: rejectCommand(),
      return: returnCommand(),
      incidents: incidentRoutes(),
      ...answerCommands(),
      sources: sourcesRoutes(),
      schedules: scheduleRoutes(),
      timers: timerRoutes(),
      tools: toolRoutes(),
      tokens: tokenRoutes(),
      login: loginCommand(),
      plan: planCommand(),
      reload: reloadCommand(),
      ...judgingCommands(),
      ...upkeepCommands(),
      pause: pauseCommand(),
      resume: resumeCommand(),
      status: statusCommand(),
      stats: statsCommand(),
      verify: verifyCommand(),
      rebuild: rebuildCommand(),
      ...careCommands(),
      check: checkCommand(),
      graph: graphCommand(),
      test: testCommand(),
      ...doctorCommands(),
      completion: completionRoutes(),
      version: versionCommand(),
    },
    docs: {
      brief: 'Turns what happens around your repositories into events, and runs flows from them.',
      hideRoute: { daemon: true },
    },
  });
}

const SEQ = { kind: 'parsed', parse: parseSeq, optional: true, placeholder: 'N' } as const;
const WORD = { parse: parseText, optional: true } as const;
const FLOW_WORD = {
  kind: 'tuple',
  parameters: [{ ...WORD, placeholder: 'FLOW', brief: 'Only this one' }],
} as const;

function emitCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./emit.ts')).emit,
    parameters: {
      flags: {
        ...SHARED_FLAGS,
        data: {
          ...TEXT,
          variadic: true,
          placeholder: 'JSON',
          brief: 'The data: JSON, @FILE, or - for JSON lines on standard input',
        },
        source: { ...TEXT, placeholder: 'S', brief: 'Where the event comes from (default: cli)' },
        subject: { ...TEXT, placeholder: 'S', brief: 'What the event is about' },
        id: { ...TEXT, placeholder: 'ID', brief: 'The same id emitted again is recorded once' },
        correlation: {
          ...TEXT,
          placeholder: 'ID',
          brief: 'The id of the event that began the chain',
        },
        wait: { ...SWITCH, brief: 'Wait for the runs that the event starts' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          { ...WORD, placeholder: 'TYPE', brief: 'The type; - reads events as JSON lines' },
          { ...WORD, placeholder: 'OPERATION', brief: 'Becomes data.operation' },
          { ...WORD, placeholder: 'CONTEXT', brief: 'Becomes data.context' },
          { ...WORD, placeholder: 'PAYLOAD', brief: 'Becomes data.payload' },
        ],
      },
    },
    docs: {
      brief: 'Record an event and print its id once it is on disk',
      fullDescription: [
        'Without a daemon the event is recorded all the same, and started from when one runs.',
        'The data directory stands before the command here: signalbox --data DIR emit TYPE',
      ].join('\n'),
      customUsage: [
        'TYPE [OPERATION CONTEXT PAYLOAD] [--data JSON|@FILE] [--id ID] [--wait]',
        { input: '- < events.jsonl', brief: 'one event a line, {"type": "a.b", "data": {}}' },
        { input: 'TYPE --data - < data.jsonl', brief: 'the data of one event a line' },
      ],
    },
  });
}

function eventsRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      ls: buildCommand({
        loader: async () => (await import('./events.ts')).listEvents,
        parameters: {
          flags: {
            ...GLOBAL_FLAGS,
            type: {
              ...TEXT,
              placeholder: 'GLOB',
              brief: 'Only this type, or those of a prefix: git.*',
            },
            since: {
              ...TEXT,
              placeholder: 'T',
              brief: 'Only from then on: 90m, or 2026-11-20T09:00',
            },
            follow: { ...SWITCH, brief: 'Go on with events as they come' },
          },
          positional: {
            kind: 'tuple',
            parameters: [
              {
                parse: parseCountBeside(['ls', 'show', 'export', 'import', 'erase']),
                optional: true,
                placeholder: 'N',
                brief: 'How many (default: 20)',
              },
            ],
          },
        },
        docs: { brief: 'List the latest events (events [N] does the same)' },
      }),
      show: buildCommand({
        loader: async () => (await import('./events-show.ts')).showEvent,
        parameters: {
          flags: GLOBAL_FLAGS,
          positional: oneId('The id of the event, or its number'),
        },
        docs: { brief: 'Show an event, its way and what became of it' },
      }),
      export: buildCommand({
        loader: async () => (await import('./events-export.ts')).exportEvents,
        parameters: {
          flags: {
            ...GLOBAL_FLAGS,
            fromSeq: {
              ...SEQ,
              brief: 'Begin with this number',
            },
          },
        },
        docs: { brief: 'Write the log as JSON lines, oldest first' },
      }),
      import: importCommand(),
      erase: eraseCommand(),
    },
    defaultCommand: 'ls',
    docs: { brief: 'Look at the log: events [N], events show ID, events export' },
  });
}

function runsRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      ls: buildCommand({
        loader: async () => (await import('./runs.ts')).listRuns,
        parameters: {
          flags: {
            ...GLOBAL_FLAGS,
            limit: { ...COUNT, brief: 'How many (default: 20)' },
            flow: { ...TEXT, placeholder: 'FLOW', brief: 'Only of this flow or choreography' },
            correlation: { ...TEXT, placeholder: 'ID', brief: 'Only of this chain of causes' },
            state: {
              kind: 'enum',
              optional: true,
              values: SHOWN_STATES,
              brief: 'Only runs in this state',
            },
          },
          positional: {
            kind: 'tuple',
            parameters: [
              {
                parse: parseIdBeside(['ls', 'show', ...REPAIRS]),
                optional: true,
                placeholder: 'RUN',
                brief: 'One run, to show as runs show does',
              },
            ],
          },
        },
        docs: { brief: 'List the latest runs (runs does the same)' },
      }),
      show: buildCommand({
        loader: async () => (await import('./runs-show.ts')).showRun,
        parameters: { flags: GLOBAL_FLAGS, positional: oneId('The id of the run, or its number') },
        docs: { brief: 'Show a run step by step' },
      }),
      ...repairCommands(),
    },
    defaultCommand: 'ls',
    docs: { brief: 'Look at runs and repair them: runs ls, runs show RUN, runs retry RUN' },
  });
}

function planCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./plan.ts')).plan,
    parameters: { flags: { ...GLOBAL_FLAGS, profile: PROFILE } },
    docs: { brief: 'Say what the changed files would change, and change nothing' },
  });
}

function reloadCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./reload.ts')).reload,
    parameters: { flags: GLOBAL_FLAGS },
    docs: {
      brief: 'Put the changed files in force, and say what changed',
      fullDescription: [
        'Has the running daemon read its files again and put them in force; SIGHUP does the same.',
        'Runs that are open go on as they began. Bad files change nothing: exit code 65.',
      ].join('\n'),
    },
  });
}

function pauseCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./pause.ts')).pause,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        reason: { ...TEXT, placeholder: 'R', brief: 'Why, for those who wonder' },
        now: { ...SWITCH, brief: 'Stop steps that are under way too; they are called again' },
      },
      positional: FLOW_WORD,
    },
    docs: {
      brief: 'Begin no run of a flow, or of any, until it is resumed',
      fullDescription: [
        'Events are taken as ever, and their runs are queued; what is under way goes on.',
        'With --now runs under way stop where they are, and a command gets SIGTERM; only a step',
        'that must not be repeated ends by itself. Holds over a restart of the daemon.',
      ].join('\n'),
    },
  });
}

function resumeCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./pause.ts')).resume,
    parameters: { flags: GLOBAL_FLAGS, positional: FLOW_WORD },
    docs: { brief: 'End the pause of a flow, or the one of all flows' },
  });
}

/** Seed 003's words: `daemon` alone is `up`. */
function daemonRoutes(up: Command<CliContext>): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      up,
      start: startCommand(),
      stop: stopCommand(),
      status: statusCommand(),
      reload: reloadCommand(),
      pause: pauseCommand(),
      resume: resumeCommand(),
      trigger: triggerCommand(),
      history: historyCommand(),
    },
    defaultCommand: 'up',
    docs: {
      brief: 'Run the daemon, or ask it',
      fullDescription: [
        'Alone it runs the daemon, as up does, with the same flags.',
        'These, such as --profile, --sources and --ready-file, are told by: signalbox up --help',
      ].join('\n'),
    },
  });
}

function sourcesRoutes(): RouteMap<CliContext> {
  const list = buildCommand({
    loader: async () => (await import('./sources.ts')).listSources,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'List the sources of the running daemon and how each does' },
  });
  return buildRouteMap({
    routes: { ls: list, restart: restartSourceCommand() },
    defaultCommand: 'ls',
    docs: { brief: 'Say where events come from, or restart one' },
  });
}

function statusCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./status.ts')).status,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'Say how the running daemon is' },
  });
}

function statsCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./stats.ts')).stats,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'Count events, what became of them, and runs' },
  });
}

function rebuildCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./rebuild.ts')).rebuild,
    parameters: {
      flags: { ...GLOBAL_FLAGS, check: { ...SWITCH, brief: 'Compare only, change nothing' } },
    },
    docs: { brief: 'Fold the log again and compare it with the stored runs: rebuild --check' },
  });
}

function checkCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./check.ts')).check,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        strict: { ...SWITCH, brief: 'Warnings count as errors' },
        profile: PROFILE,
      },
      positional: {
        kind: 'array',
        parameter: { parse: parseText, placeholder: 'FILES', brief: 'Configuration files' },
      },
    },
    docs: {
      brief: 'Check the configuration and list every finding',
      customUsage: ['[FILES] [--strict]'],
    },
  });
}

function versionCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./version.ts')).version,
    parameters: { flags: GLOBAL_FLAGS },
    docs: { brief: 'Print the version' },
  });
}
