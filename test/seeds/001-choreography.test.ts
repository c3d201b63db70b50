import { describe, expect, test } from 'vitest';
import { choreographyBox, SEED_FLOW, whatAnsweredWhat } from '../fixtures/choreography-box.ts';

/** What the tools of seed 001's workflow answer, as flows in their place. */
const TOOLS = `
flows:
  validate: { on: validation_requested, emit: changes_validated }
  stage: { on: staging_requested, emit: files_staged }
  commit: { on: commit_requested, emit: commit_created }
`;

const FILES = { 'choreographies/commit_flow.yaml': SEED_FLOW, 'flows/tools.yaml': TOOLS };

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
    expect(await whatAnsweredWhat(made)).toEqual([
      'changes_detected < nothing',
      'validation_requested < changes_detected',
      'changes_validated < run.started',
      'staging_requested < changes_validated',
      'files_staged < run.started',
      'commit_requested < files_staged',
      'commit_created < run.started',
      'issue_detection_requested < commit_created',
      'audit_log_requested < commit_created',
    ]);
    const foreign = (await made.events()).filter(({ source }) => source !== 'signalbox');
    expect(new Set(foreign.map(({ correlationid }) => correlationid))).toEqual(new Set([id]));
    expect(new Set((await made.runs()).map(({ state }) => state))).toEqual(new Set(['succeeded']));
  });
});
