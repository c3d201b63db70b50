import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testbox, type Testbox } from '../../src/testing.ts';
import { type ProposalView, readProposals } from '../../src/views/proposal-view.ts';
import { configurationFolder } from '../fixtures/choreography-box.ts';

const FLOWS = `
flows:
  notes:
    on: note
    steps: [{ id: tell, emit: told }, { id: act, run: [node, notes.mjs] }, { sleep: 1s }]
  caller: { on: go, steps: [{ call: notes }] }
  many: { on: many, steps: [{ each: "{payload}", do: [{ id: one, run: [echo, "{item}"] }] }] }
  heard: { on: told, steps: [{ id: hear, run: [echo, heard] }] }
  gathered: { on: told, debounce: { wait: 5s }, steps: [{ id: late, run: [echo, late] }] }
  after: { on: run.declined, steps: [{ id: mourn, run: [echo, mourn] }] }
  safe: { on: safe, autonomy: 0, steps: [{ id: never, run: [echo, never] }] }
  asked: { on: asked, steps: [{ id: agreed, gate: { proposal: "Yes?" } }] }
`;
const CHOREOGRAPHY = `
choreography:
  name: commit
  triggers: [{ event: changes_detected }]
  flow:
    - { on: changes_detected, emit: staging_requested }
    - { on: files_staged, emit: commit_requested }
`;
const ANSWERERS = `
flows:
  staging: { on: staging_requested, steps: [{ run: [git, add, .] }, { emit: files_staged }] }
  committing: { on: commit_requested, steps: [{ run: [git, commit] }, { emit: commit_created }] }
`;

async function open(files: Readonly<Record<string, string>> = {}): Promise<Testbox> {
  const folder = configurationFolder({ 'signalbox.yaml': FLOWS, ...files });
  const answers = { run: 'done' };
  const made = await testbox({ config: join(folder, 'signalbox.yaml'), answers });
  onTestFinished(() => made.stop());
  return made;
}

async function trigger(box: Testbox, flow: string, data = 'null'): Promise<string> {
  const start = { flow, data, by: 'owner', interactive: true };
  const started = await box.engine.trigger(start);
  if (started.kind !== 'accepted') throw new Error(started.kind);
  await box.advance('1ms');
  return started.id;
}

async function openOnes({ engine }: Testbox): Promise<readonly ProposalView[]> {
  return (await readProposals(engine.store, { limit: 50, state: 'open' })).items.toReversed();
}

async function asked(box: Testbox): Promise<readonly string[]> {
  return (await openOnes(box)).map(({ flow, step }) => `${flow}/${step}`);
}

async function decide(box: Testbox, decision: 'approve' | 'reject' = 'approve'): Promise<void> {
  const [proposal] = await openOnes(box);
  if (proposal === undefined) throw new Error('nothing is open');
  const owner = { who: 'owner', by: 'owner', role: 'admin' } as const;
  const seq = Number(proposal.id.split('-').at(-1));
  const saying = { decision, hash: proposal.hash, reason: null };
  const said = await box.engine.deciding.decide(seq, saying, owner);
  expect(said.kind).toBe('decided');
  await box.advance('1s');
}

async function states(box: Testbox): Promise<readonly string[]> {
  return (await box.runs()).map(({ flow, state }) => `${flow} ${state}`);
}

describe('a start with --interactive', () => {
  test('asks before each step that acts, and before no other', async () => {
    const box = await open();
    await trigger(box, 'notes');
    expect(await asked(box)).toEqual(['notes/act', 'heard/hear']);
    expect((await openOnes(box))[0]?.reasons).toContain('The run was started with --interactive.');
    expect(box.effects).toEqual([]);
    await decide(box);
    await decide(box);
    expect(box.effects.map(({ flow }) => flow)).toEqual(['notes', 'heard']);
    expect(await states(box)).toEqual(['notes succeeded', 'heard succeeded']);
  });

  test('goes by itself without the mark: one definition for both', async () => {
    const box = await open();
    await box.handle({}, 'notes');
    expect(await asked(box)).toEqual([]);
    expect(box.effects.map(({ flow }) => flow)).toEqual(['notes', 'heard']);
  });

  test('asks in what it calls, in each branch, in a window, and about its end', async () => {
    const box = await open();
    await trigger(box, 'caller');
    expect(await asked(box)).toEqual(['notes/act', 'heard/hear']);
    await decide(box, 'reject');
    // "gathered" heard of one event that was marked, five seconds ago.
    await box.advance('10s');
    expect(await asked(box)).toEqual(['heard/hear', 'after/mourn', 'after/mourn', 'gathered/late']);
    const many = await open();
    await trigger(many, 'many', '["a","b"]');
    expect(await asked(many)).toEqual(['many/one']);
    await decide(many);
    expect(await asked(many)).toEqual(['many/one']);
    expect(many.effects).toHaveLength(1);
  });

  test('takes no gate away, and lets nothing act that a level keeps from acting', async () => {
    const box = await open();
    await trigger(box, 'safe');
    await trigger(box, 'asked');
    expect(await asked(box)).toEqual(['after/mourn', 'asked/agreed']);
    expect(await states(box)).toEqual(['safe declined', 'after waiting', 'asked waiting']);
    expect(box.effects).toEqual([]);
  });

  test("a sender's own attribute of that name neither asks nor takes a gate away", async () => {
    const box = await open();
    const event = { source: 'stranger', type: 'note', data: 'null' };
    await box.engine.emit({ ...event, extensions: { interactive: 'true' } });
    await box.advance('2s');
    expect(await asked(box)).toEqual([]);
    await box.engine.emit({ ...event, type: 'asked', extensions: { interactive: 'false' } });
    await box.advance('2s');
    expect(await asked(box)).toEqual(['asked/agreed']);
  });
});

describe('a choreography with --interactive', () => {
  test('sends its first whole trigger, and asks before each answer that acts', async () => {
    const box = await open({
      'signalbox.yaml': ANSWERERS,
      'choreographies/commit.yaml': CHOREOGRAPHY,
    });
    const id = await trigger(box, 'commit', '{"files":["a.md"]}');
    const [first] = await box.events('changes_detected');
    expect(first).toMatchObject({ id, interactive: true, data: { files: ['a.md'] } });
    const seen: string[] = [];
    for (let now = await asked(box); now.length > 0; now = await asked(box)) {
      seen.push(...now);
      await decide(box);
    }
    expect(seen).toEqual(['staging/1', 'committing/1']);
    const chain = await box.events();
    const made = chain.filter(({ source, type }) => source !== 'signalbox' && type !== 'note');
    expect(made.map(({ type, interactive }) => `${type} ${interactive}`)).toEqual([
      'changes_detected true',
      'staging_requested true',
      'files_staged true',
      'commit_requested true',
      'commit_created true',
    ]);
    await box.engine.trigger({ flow: 'commit', data: 'null', by: 'owner' });
    await box.advance('1s');
    expect(await asked(box)).toEqual([]);
    expect(box.effects).toHaveLength(4);
  });
});
