import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testbox, type Testbox } from '../../src/testing.ts';
import {
  type PreviewedStart,
  type PreviewedStep,
  previewStart,
  type StartPreview,
} from '../../src/views/start-preview.ts';
import { configurationFolder } from '../fixtures/choreography-box.ts';

const FILES = {
  'signalbox.yaml': `
flows:
  release:
    on: wanted
    steps:
      - { id: notes, run: [echo, "notes {payload.version}"] }
      - id: push
        if: "event.data.version != 'none'"
        run: [git, push, "{steps.notes.output}", "{payload.version}"]
        compensate: { run: [git, revert, "{input.run}", "{output}"] }
      - id: way
        if: "steps.notes.output == 'x'"
        then: [{ id: yes, emit: agreed }]
        else: [{ id: no, emit: refused, data: { v: "{payload.version}" } }]
      - { id: each, each: "{payload.files}", do: [{ id: one, run: [cat, "{item}"] }] }
      - { id: called, call: told, data: { who: "{payload.version}" } }
  told: { on: tell, steps: [{ id: say, run: [echo, "{payload.who}"] }] }
  heard: { on: { event: refused, where: "event.data.v == '2'" }, steps: [{ sleep: 1s }] }
  deaf: { on: { event: refused, where: "event.data.v == '3'" }, steps: [{ sleep: 1s }] }
  round: { on: a, steps: [{ emit: b }] }
  about: { on: { event: b, where: "event.hops < 3" }, steps: [{ emit: c, data: "{payload}" }] }
  secret: { on: s, steps: [{ run: [echo, "\${TOKEN}"] }] }
`,
  'choreographies/work.yaml': `
choreography:
  name: work
  triggers: [{ event: changes_detected }]
  flow:
    - { on: changes_detected, emit: staging_requested }
    - { on: files_staged, emit: commit_requested }
`,
  'tools/stage.yaml': `
tool: stage
on: staging_requested
run: [git, add, "{input.files}"]
input: { files: array }
emits: [files_staged]
`,
};

async function open(): Promise<Testbox> {
  const config = join(configurationFolder(FILES), 'signalbox.yaml');
  const made = await testbox({ config, env: { TOKEN: 'a-very-secret-token' } });
  onTestFinished(() => made.stop());
  return made;
}

async function preview(start: PreviewedStart, box?: Testbox): Promise<StartPreview> {
  const { engine } = box ?? (await open());
  const { judges } = engine.judging;
  const { secrets } = engine.configuration;
  const catalog = await engine.catalog();
  return previewStart({ catalog, judging: judges, secrets, now: 0 }, start);
}

function stepOf({ flows }: StartPreview, id: string): PreviewedStep | undefined {
  const all = (steps: readonly PreviewedStep[]): PreviewedStep[] =>
    steps.flatMap((step) => [step, ...step.inside.flatMap((way) => all(way.steps))]);
  return flows.flatMap(({ steps }) => all(steps)).find((step) => step.id === id);
}

describe('what a start would do', () => {
  const data = JSON.stringify({ version: '2', files: ['a', 'b'] });

  test('is shown as far as it is known, and records and calls nothing', async () => {
    const box = await open();
    const head = box.engine.store.head();
    const seen = await preview({ flow: 'release', data }, box);
    expect(box.engine.store.head()).toBe(head);
    expect(box.effects).toEqual([]);
    expect(seen).toMatchObject({ name: 'release', failed: false, truncated: false });
    expect(stepOf(seen, 'notes')).toMatchObject({
      kind: 'run',
      runs: true,
      input: { value: { run: ['echo', 'notes 2'] }, open: [], error: null },
      verdict: { verdict: 'approve', policy: 'threshold' },
      undo: null,
    });
    const push = stepOf(seen, 'push');
    expect(push?.if).toEqual({ text: "event.data.version != 'none'", value: true, error: null });
    expect(push?.input).toEqual({
      value: { run: ['git', 'push', '{steps.notes.output}', '2'] },
      open: ['{steps.notes.output}'],
      error: null,
    });
    expect(push?.verdict).toMatchObject({ verdict: 'ask', risk: 'high' });
    expect(push?.undo).toMatchObject({ kind: 'run', input: { open: ['{input.run}', '{output}'] } });
  });

  test('has both ways of a choice that is open, and what is inside forks', async () => {
    const seen = await preview({ flow: 'release', data });
    const way = stepOf(seen, 'way');
    expect(way?.if?.value).toBe(null);
    expect(way?.inside.map((each) => each.way)).toEqual(['then', 'else']);
    expect(stepOf(seen, 'each')?.input?.value).toEqual(['a', 'b']);
    expect(stepOf(seen, 'one')?.input?.open).toEqual(['{item}']);
    expect(stepOf(seen, 'called')?.inside.map((each) => each.way)).toEqual(['call']);
    expect(stepOf(seen, 'say')?.input?.value).toEqual({ run: ['echo', '2'] });
  });

  test('passes over what its condition keeps from running', async () => {
    const seen = await preview({ flow: 'release', data: '{"version":"none","files":[]}' });
    expect(stepOf(seen, 'push')).toMatchObject({ runs: false, input: null });
  });

  test('names whoever would answer, and nobody whose condition says no', async () => {
    const seen = await preview({ flow: 'release', data });
    expect(seen.flows.map(({ flow, from }) => [flow, from])).toEqual([
      ['release', null],
      ['heard', 'release'],
    ]);
  });

  test('tells at its step what data cannot fill in', async () => {
    const seen = await preview({ flow: 'release', data: '{"files":[]}' });
    expect(seen.failed).toBe(true);
    expect(stepOf(seen, 'notes')?.input?.error).toContain('payload.version');
    expect(stepOf(seen, 'push')?.if?.error).toContain('version');
  });

  test('with --interactive asks before what acts', async () => {
    const seen = await preview({ flow: 'release', data, interactive: true });
    expect(stepOf(seen, 'notes')?.verdict).toMatchObject({
      verdict: 'ask',
      reasons: ['The run was started with --interactive.'],
    });
  });

  test('goes from rule to tool to rule of a choreography', async () => {
    const seen = await preview({ flow: 'work', data: '{"files":["a.md"]}' });
    expect(seen.flows.map(({ flow, event }) => `${flow} < ${event}`)).toEqual([
      'work.1 < changes_detected',
      'stage < staging_requested',
      'work.2 < files_staged',
    ]);
  });

  test('shows no secret of the configuration', async () => {
    expect(JSON.stringify(await preview({ flow: 'secret', data: 'null' }))).not.toContain(
      'a-very-secret-token',
    );
  });

  test('is refused for a name that nothing has, and for what is no JSON', async () => {
    const box = await open();
    await expect(preview({ flow: 'relaese', data: 'null' }, box)).rejects.toMatchObject({
      code: 'flow.unknown',
      message: expect.stringContaining('did you mean "release"'),
    });
    await expect(preview({ flow: 'told', data: '{' }, box)).rejects.toMatchObject({
      code: 'event.invalid',
    });
  });
});
