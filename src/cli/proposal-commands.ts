import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core';
import { PROPOSAL_STATES } from '../gates/proposal.ts';
import type { CliContext } from './context.ts';
import { COUNT, oneId, SWITCH, TEXT } from './flag-kinds.ts';
import { GLOBAL_FLAGS } from './globals.ts';
import { parseIdBeside, parseText } from './parameters.ts';

const ID = oneId('The id of the proposal, or its number');
const HASH = { ...TEXT, placeholder: 'H', brief: 'What is decided on, as proposals show it' };
const REASON = { ...TEXT, placeholder: 'R', brief: 'Why, for the log' };

/** The commands that look at what waits for somebody to say yes. */
export function proposalRoutes(): RouteMap<CliContext> {
  return buildRouteMap({
    routes: {
      ls: listCommand(),
      show: buildCommand({
        loader: async () => (await import('./proposals.ts')).showProposal,
        parameters: { flags: GLOBAL_FLAGS, positional: ID },
        docs: { brief: 'Show a proposal: what would run, its hash, and who has said what' },
      }),
      delegate: buildCommand({
        loader: async () => (await import('./delegate.ts')).delegate,
        parameters: {
          flags: {
            ...GLOBAL_FLAGS,
            until: { ...TEXT, placeholder: 'D', brief: 'For how long, such as 2d' },
            from: { ...TEXT, placeholder: 'P', brief: 'For whom (default: for you)' },
            end: { ...SWITCH, brief: 'Nobody decides in your place any more' },
          },
          positional: {
            kind: 'tuple',
            parameters: [
              { parse: parseText, optional: true, placeholder: 'PERSON', brief: 'Who decides' },
            ],
          },
        },
        docs: { brief: 'Have somebody decide in your place, or list who does' },
      }),
      link: buildCommand({
        loader: async () => (await import('./proposals.ts')).linkProposal,
        parameters: {
          flags: {
            ...GLOBAL_FLAGS,
            person: { ...TEXT, placeholder: 'P', brief: 'Whose link it is (default: yours)' },
            expires: { ...TEXT, placeholder: 'D', brief: 'How long it is good (default: 24h)' },
          },
          positional: ID,
        },
        docs: { brief: 'Print a link by which one person decides on what a proposal is now' },
      }),
    },
    defaultCommand: 'ls',
    docs: { brief: 'Look at what waits for somebody to say yes: proposals, proposals show ID' },
  });
}

function listCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./proposals.ts')).listProposals,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        state: {
          kind: 'enum',
          optional: true,
          values: [...PROPOSAL_STATES, 'all'],
          brief: 'Only those in this state (default: open)',
        },
        limit: { ...COUNT, brief: 'How many (default: 20)' },
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            parse: parseIdBeside(['ls', 'show', 'link', 'delegate']),
            optional: true,
            placeholder: 'ID',
            brief: 'One proposal, to show as proposals show does',
          },
        ],
      },
    },
    docs: { brief: 'List what waits for a yes, newest first (proposals does the same)' },
  });
}

/** The command that says yes. */
export function approveCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./decide.ts')).approve,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        hash: HASH,
        with: {
          ...TEXT,
          placeholder: 'FILE',
          brief: "A file of JSON in place of the step's input",
        },
        choice: { ...TEXT, placeholder: 'C', brief: 'Which answer to a question that has several' },
        reason: REASON,
      },
      positional: ID,
    },
    docs: {
      brief: 'Approve exactly what a proposal shows, or an edited form of it',
      fullDescription:
        'Without --hash a person at a terminal is shown what would run, and asked. ' +
        'A form that is edited with --with has a hash of its own, which is recorded.',
    },
  });
}

/** The command that says no. */
export function rejectCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./decide.ts')).reject,
    parameters: { flags: { ...GLOBAL_FLAGS, hash: HASH, reason: REASON }, positional: ID },
    docs: { brief: 'Reject a proposal: the run that asks ends as declined' },
  });
}

/** The command that gives something back. */
export function returnCommand(): Command<CliContext> {
  return buildCommand({
    loader: async () => (await import('./decide.ts')).giveBack,
    parameters: {
      flags: {
        ...GLOBAL_FLAGS,
        hash: HASH,
        reason: { ...TEXT, placeholder: 'R', brief: 'What is to be different: it has to be said' },
      },
      positional: ID,
    },
    docs: { brief: 'Return a proposal: the step that made it runs again with the reason' },
  });
}
