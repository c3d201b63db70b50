import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/events/event.ts';
import type { Testbox } from '../../src/signalbox/testing/testbox.ts';
import { choreographyBox, SEED_FLOW, whatAnsweredWhat } from '../fixtures/choreography-box.ts';

/** What the tools of seed 001's workflow answer, as flows in their place. */
const TOOLS = `
flows:
  validate: { on: validation_requested, emit: changes_validated, data: "{payload}" }
  stage: { on: staging_requested, emit: files_staged, data: "{payload}" }
  commit: { on: commit_requested, emit: commit_created, data: "{payload}" }
`;

const FILES = { 'choreographies/commit_flow.yaml': SEED_FLOW, 'flows/tools.yaml': TOOLS };

/** The answers that an instance came to, from its trigger on. */
const WHOLE = [
  'changes_detected < nothing',
  'validation_requested < changes_detected',
  'changes_validated < run.started',
  'staging_requested < changes_validated',
  'files_staged < run.started',
  'commit_requested < files_staged',
  'commit_created < run.started',
  'issue_detection_requested < commit_created',
  'audit_log_requested < commit_created',
];

async function foreign(made: Testbox): Promise<readonly Event[]> {
  return (await made.events()).filter(({ source }) => source !== 'signalbox');
}

describe('Phase 3: Choreography Foundation', () => {
  test('Define flow definitions (YAML-based)', async () => {
    const made = await choreographyBox({ 'choreographies/commit_flow.yaml': SEED_FLOW });
    const { choreographies } = await made.engine.catalog();
    expect([...(choreographies?.values() ?? [])]).toEqual([
      {
        name: 'commit_flow',
        triggers: [{ pattern: { event: 'changes_detected' } }],
        flows: ['commit_flow.1', 'commit_flow.2', 'commit_flow.3', 'commit_flow.4'],
      },
    ]);
  });

  test('Create choreography engine for event-driven flows', async () => {
    const made = await choreographyBox(FILES);
    const { id } = await made.emit('changes_detected', { repo: 'api' });
    expect(await whatAnsweredWhat(made)).toEqual(WHOLE);
    const events = await foreign(made);
    expect(new Set(events.map(({ correlationid }) => correlationid))).toEqual(new Set([id]));
    expect(events.map(({ data }) => data)).toEqual(events.map(() => ({ repo: 'api' })));
    expect(new Set((await made.runs()).map(({ state }) => state))).toEqual(new Set(['succeeded']));
  });

  test('Implement event subscription/routing', async () => {
    const made = await choreographyBox({ 'choreographies/commit_flow.yaml': SEED_FLOW });
    await made.emit('commit_created', { id: 'abc' });
    await made.emit('commit_undone', { id: 'abc' });
    expect(await whatAnsweredWhat(made)).toEqual([
      'commit_created < nothing',
      'issue_detection_requested < commit_created',
      'audit_log_requested < commit_created',
      'commit_undone < nothing',
    ]);
  });

  test('Design event bus architecture: two instances on one bus do not mix', async () => {
    const made = await choreographyBox(FILES);
    const ids = await Promise.all(
      ['api', 'web'].map((repo) => made.box.emit('changes_detected', { repo })),
    );
    await made.advance('1s');
    const events = await foreign(made);
    for (const [index, { id }] of ids.entries()) {
      const own = events.filter(({ correlationid }) => correlationid === id);
      expect(own.map(({ type }) => type)).toEqual(WHOLE.map((line) => line.split(' ')[0]));
      const repo = ['api', 'web'][index];
      expect(own.map(({ data }) => data)).toEqual(own.map(() => ({ repo })));
    }
    expect(events).toHaveLength(2 * WHOLE.length);
  });
});

test('Choreography foundation is ready for future automation', async () => {
  const made = await choreographyBox(FILES);
  const started = await made.engine.trigger({ flow: 'commit_flow', data: '{}', by: 'nightly' });
  expect(started).toMatchObject({ kind: 'accepted' });
  await made.advance('1s');
  expect(await whatAnsweredWhat(made)).toEqual(WHOLE);
  expect((await foreign(made))[0]).toMatchObject({ source: 'manual', actor: 'nightly' });
});
