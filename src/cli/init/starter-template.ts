import type { Project } from './project.ts';
import { changesFlow, commitsFlow, dailyFlow, helloFlow, testsFlow } from './sample-flows.ts';
import type { NewFile, Setup, Template } from './template.ts';
import { fileSource, head, SETTINGS } from './yaml-text.ts';

/** What fits what is found: tests on a change, commits, a daily summary. */
export const starterTemplate: Template = {
  name: 'starter',
  brief: 'what fits this folder: tests on a change, commits, a daily summary (the default)',
  files: (setup) => [mainFile(setup), ...flowFiles(setup)],
  tryIt: ({ test, hasCommits }) => {
    if (test !== undefined) return ['trigger', 'run-tests', '--wait'];
    return ['trigger', hasCommits ? 'daily-summary' : 'note-changes', '--wait'];
  },
};

const ABOUT = [
  'What Signalbox listens to here. What it does then stands in flows/.',
  '',
  '  signalbox dev      runs it, shows what happens, and takes up what you change here',
  '  signalbox check    finds what is wrong, with its place',
];

const COMMITS = `
  # Git writes a line to this file with each commit.
  - { type: file_change, name: commits, path: .git, pattern: logs/HEAD, handler: on-commit }
`;

function mainFile({ project, timezone }: Setup): NewFile {
  const { language, test, git } = project;
  const handler = test === undefined ? 'note-changes' : 'run-tests';
  const blocks = [
    head(project, ABOUT),
    'sources:\n',
    `  # Files of ${language.name}, as far as git does not leave them out.\n`,
    fileSource(language.patterns, handler),
    ...(git === 'here' ? [COMMITS, daily(timezone)] : []),
    SETTINGS,
  ];
  return { path: 'signalbox.yaml', purpose: 'what is listened to', text: blocks.join('') };
}

function daily(timezone: string): string {
  return `
  # Nine o'clock on working days. One that passed while nothing ran is made up for, once.
  - type: schedule
    name: daily
    cron: "0 9 * * MON-FRI"
    timezone: ${timezone}
    catch_up: last
    handler: daily-summary
`;
}

function flowFiles({ project }: Setup): NewFile[] {
  const { test, git }: Project = project;
  return [
    test === undefined ? changesFlow() : testsFlow(test, project.ci),
    ...(git === 'here' ? [commitsFlow(), dailyFlow()] : [helloFlow()]),
  ];
}
