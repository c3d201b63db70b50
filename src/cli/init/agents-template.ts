import type { Agent, Project } from './project.ts';
import type { NewFile, Template } from './template.ts';
import { comment, head, inline, REPORTS, SETTINGS } from './yaml-text.ts';

/** A review of what is not committed yet: by the agent that is installed, or ready for one. */
export const agentsTemplate: Template = {
  name: 'agents',
  brief: 'a review of your changes by claude or codex, or made ready for one',
  misfit: ({ hasCommits }) =>
    hasCommits ? undefined : 'it reviews what has changed since the last commit; commit something',
  files: ({ project }) => [mainFile(project), reviewFlow(project.agents.at(0))],
  tryIt: () => ['emit', 'review.requested', '--wait'],
};

const ABOUT = [
  'A review on demand. The flow stands in flows/review.yaml.',
  '',
  '  signalbox dev                             runs it, and shows what happens',
  '  signalbox emit review.requested --wait    asks for a review',
];

function mainFile(project: Project): NewFile {
  const text = `${head(project, ABOUT)}# Sources may stand here: changed files, webhooks, schedules.
sources: []
${SETTINGS}`;
  return { path: 'signalbox.yaml', purpose: 'what is listened to', text };
}

const TASK =
  'Review this change. Name bugs and risks, each with its file and line. Change nothing.';

/** How each agent is asked once, without the right to change anything. */
const COMMANDS: Readonly<Record<Agent, { argv: readonly string[]; stdin: string }>> = {
  claude: { argv: ['claude', '-p', TASK], stdin: '{steps.changes.output}' },
  codex: {
    argv: ['codex', 'exec', '--sandbox', 'read-only', '-'],
    stdin: `${TASK}\\n\\n{steps.changes.output}`,
  },
};

function reviewFlow(agent: Agent | undefined): NewFile {
  const report = `${REPORTS}/review.md`;
  const purpose =
    agent === undefined ? 'makes a review ready for an agent' : `asks ${agent} for a review`;
  const about = [
    agent === undefined
      ? `What is not committed yet, made ready for an agent: ${report}. None is installed here.`
      : `What is not committed yet is reviewed by ${agent}, on your account with it: ${report}.`,
    '',
    '  signalbox emit review.requested --wait',
  ];
  const text = `${comment(about)}
flows:
  review:
    on: review.requested
    concurrency: { limit: 1 }
    steps:
      - { id: changes, tool: git, action: diff, ref: HEAD }
      - if: steps.changes.output != ''
        then:
${agent === undefined ? prepared() : asked(agent)}
          - { tool: filesystem, action: write, path: ${report}, content: "{steps.review.output}" }
          - { emit: review.written, data: { report: ${report} } }
`;
  return { path: 'flows/review.yaml', purpose, text };
}

function asked(agent: Agent): string {
  const { argv, stdin } = COMMANDS[agent];
  return `          # An answer is recorded once, and not paid for again after a crash.
          - id: review
            run: ${inline(argv)}
            stdin: "${stdin}"
            timeout: 15m
            retry: { attempts: 2 }`;
}

function prepared(): string {
  const { argv } = COMMANDS.claude;
  return `          # With an agent, its command takes the place of this one:
          #   run: ${inline(argv)}
          - id: review
            run: [cat]
            stdin: "${TASK}\\n\\n{steps.changes.output}"`;
}
