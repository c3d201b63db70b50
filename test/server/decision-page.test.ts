import { expect, test } from 'vitest';
import { decisionPage } from '../../src/server/decision-page.ts';
import type { ProposalView } from '../../src/views/proposal-view.ts';

const PROPOSAL = {
  id: 'sbaaaaaaaa-5',
  state: 'open',
  flow: 'release',
  step: 'publish',
  risk: 'high',
  reasons: ['The flow has a gate here.', 'It is declared to be of high risk.'],
  hash: 'ab',
  expires: null,
  summary: null,
  unbound: [],
  decision: null,
  content: { kind: 'command', argv: ['sh', 'publish.sh'], directory: '/srv', environment: [] },
  files: [
    { path: 'publish.sh', sha256: 'cd' },
    { path: 'gone<b>.sh', sha256: null },
  ],
  evidence: [{ kind: 'step', step: 'notes', output: '</pre><script>' }],
} as unknown as ProposalView;

test('whoever follows a link sees what is bound and what it rests on, as at a terminal', () => {
  const page = decisionPage(PROPOSAL, { link: 'l', person: 'anna' });
  expect(page).toContain('<h2>Bound files</h2>');
  expect(page).toContain('cd  publish.sh\nabsent  gone&#60;b&#62;.sh');
  expect(page).toContain('<h2>Evidence</h2>');
  expect(page).toContain('&#60;/pre&#62;&#60;script&#62;');
  expect(page).toContain('The flow has a gate here. It is declared to be of high risk.');
  const bare = decisionPage({ ...PROPOSAL, files: [], evidence: [] }, { link: 'l', person: 'a' });
  expect(bare).not.toMatch(/Bound files|Evidence/);
});

test('and the diff of what a tool is given, by lines', () => {
  const diff = '--- a/x\n+++ b/x\n+<b>';
  const tool = {
    kind: 'tool',
    tool: 'commit',
    action: null,
    with: { message: 'm', diff },
  } as const;
  const page = decisionPage({ ...PROPOSAL, content: tool }, { link: 'l', person: 'anna' });
  expect(page).toContain('<pre>--- a/x\n+++ b/x\n+&#60;b&#62;</pre>');
  expect(page).not.toContain(String.raw`a/x\n`);
});
