import type { CiFile } from './project.ts';
import type { NewFile } from './template.ts';
import { comment, REPORTS } from './yaml-text.ts';

/** Runs the tests and keeps what they said. The command is one of ours: a shell reads it. */
export function testsFlow(test: readonly string[], ci: readonly CiFile[]): NewFile {
  const command = test.join(' ');
  const report = `${REPORTS}/tests.txt`;
  const asCi = ci.map(({ path, service }) => `${service} runs what ${JSON.stringify(path)} says.`);
  const about = [
    `A changed file runs "${command}". What it says is kept in ${report}.`,
    ...asCi.slice(0, 1).map((sentence) => `${sentence} This runs here, before anything is pushed.`),
    '',
    '  signalbox trigger run-tests --wait    runs them now',
    '  signalbox runs                        lists the runs',
  ];
  const text = `${comment(about)}
handlers:
  run-tests:
    # The newest change counts: a run that is still under way is cancelled for it.
    concurrency: { limit: 1, on_full: replace }
    steps:
      - id: test
        # A shell, so that what is said goes into a file. Nothing of an event is filled in here.
        shell: true
        run: mkdir -p ${REPORTS} && ${command} > ${report} 2>&1
        env: { CI: "true" }
        timeout: 10m
        # Tests that fail are an answer: they are not tried again, and the run goes on.
        retry: { attempts: 1 }
        on_error: continue

      # Any flow may answer these events, by "on: tests.failed".
      - if: has(steps.test.error)
        then:
          - { id: failed, emit: tests.failed, data: { report: ${report} } }
        else:
          - { id: passed, emit: tests.passed, data: { report: ${report} } }
`;
  return { path: 'flows/tests.yaml', purpose: `a changed file runs "${command}"`, text };
}

/** Keeps which files changed last. */
export function changesFlow(): NewFile {
  const about = [
    `What changed last is kept in ${REPORTS}/changes.md.`,
    '',
    '  signalbox events --type file.changed    lists the events',
    '  signalbox runs                          lists what was done about them',
  ];
  const text = `${comment(about)}
handlers:
  note-changes:
    concurrency: { limit: 1 }
    steps:
      - tool: filesystem
        action: write
        path: ${REPORTS}/changes.md
        content: "# What changed last\\n\\n\${{ get(payload, 'files', []) }}\\n"
`;
  return { path: 'flows/changes.yaml', purpose: 'a changed file is noted', text };
}

/** Keeps the latest commits and what the last one changed. */
export function commitsFlow(): NewFile {
  const about = [
    `Each commit brings ${REPORTS}/commits.md up to date.`,
    '',
    '  signalbox trigger on-commit --wait    does it now',
  ];
  const text = `${comment(about)}
handlers:
  on-commit:
    concurrency: { limit: 1 }
    steps:
      # The tool only looks: it changes nothing, and runs nothing that the repository holds.
      - { id: log, tool: git, action: log, max: 20 }
      - tool: filesystem
        action: write
        path: ${REPORTS}/commits.md
        content: "# The latest commits\\n\\n{steps.log.output}\\n"
      - { id: told, emit: commits.summed, data: { report: ${REPORTS}/commits.md } }
`;
  return { path: 'flows/commits.yaml', purpose: 'a commit brings a summary up to date', text };
}

/** Says each working day what was committed, and what was not yet. */
export function dailyFlow(): NewFile {
  const about = [
    `What was committed since yesterday, and what is not yet: ${REPORTS}/daily.md.`,
    '',
    '  signalbox schedules                       says when it comes next',
    '  signalbox trigger daily-summary --wait    does it now',
  ];
  const text = `${comment(about)}
handlers:
  daily-summary:
    concurrency: { limit: 1 }
    steps:
      - { id: log, tool: git, action: log, since: 1 day ago }
      - { id: open, tool: git, action: diff, ref: HEAD }
      - tool: filesystem
        action: write
        path: ${REPORTS}/daily.md
        content: |
          # Since yesterday

          {steps.log.output}

          # Not committed yet

          {steps.open.output}
`;
  return { path: 'flows/daily.yaml', purpose: 'a summary each working day', text };
}

/** Answers an event that anybody can emit. */
export function helloFlow(): NewFile {
  const text = `${comment(['An event from the command line, and a flow that answers it.', ''])}\
${comment(['  signalbox emit hello.said --data \'{"name":"Ada"}\' --wait'])}
${helloFlows}`;
  return { path: 'flows/hello.yaml', purpose: 'an event that you emit is answered', text };
}

/** The flow that says hello, with its key. */
export const helloFlows = `flows:
  hello:
    on: hello.said
    steps:
      # A command gets its arguments as they are; no shell reads them. The event may lack a name.
      - { id: greet, run: [echo, "Hello, \${{ get(payload, 'name', 'stranger') }}!"] }

      # What a step gave is known to the steps behind it.
      - { emit: hello.answered, data: { text: "{steps.greet.output}" } }
`;
