import { describe, expect, test } from 'vitest';
import type { Document } from '../../src/flows/code/document.ts';
import { testbox, type Testbox } from '../../src/testing.ts';
import { type ProposalView, readProposals } from '../../src/views/proposal-view.ts';

const ONCE = { retry: { attempts: 1 } };
const FLOWS = {
  notes: { on: 'note', steps: [{ run: ['node', 'notes.mjs'] }] },
  push: { on: 'push', steps: [{ run: ['git', 'push'] }] },
  later: { on: 'later', steps: [{ sleep: '1h' }, { run: ['node', 'notes.mjs'] }] },
  fragile: { on: 'go', steps: [{ id: 'act', run: ['deploy'], ...ONCE }] },
  written: { on: 'written', autonomy: 3, steps: [{ run: ['ls'], gate: { risk: 'low' } }] },
};

let broken = false;

async function open(settings: Document = {}): Promise<Testbox> {
  broken = false;
  const run = (): null => {
    if (broken) throw new Error('the target is down');
    return null;
  };
  return testbox({ config: { flows: FLOWS, ...settings }, answers: { run } });
}

async function proposals({ engine }: Testbox): Promise<readonly ProposalView[]> {
  return (await readProposals(engine.store, { limit: 50 })).items;
}

async function states(box: Testbox): Promise<string[]> {
  return (await box.runs()).map(({ flow, state }) => `${flow} ${state}`);
}

async function approve(box: Testbox): Promise<void> {
  const owner = { who: 'owner', by: 'owner', role: 'admin' } as const;
  const proposal = (await proposals(box)).find(({ state }) => state === 'open');
  if (proposal === undefined) throw new Error('nothing is open');
  const seq = Number(proposal.id.split('-').at(-1));
  const saying = { decision: 'approve', hash: proposal.hash, reason: null } as const;
  const said = await box.engine.deciding.decide(seq, saying, owner);
  expect(said.kind).toBe('decided');
  await box.advance('1s');
}

describe('seed 000: Progressive Automation: Start with low-risk operations', () => {
  test('at level 2 what is of low risk runs, and what declares a high one asks', async () => {
    const box = await open();
    await box.emit('note');
    await box.emit('push');
    expect(await states(box)).toEqual(['notes succeeded', 'push waiting']);
    const [proposal] = await proposals(box);
    expect(proposal).toMatchObject({ state: 'open', risk: 'high', flow: 'push', decision: null });
    expect(proposal?.reasons).toEqual([
      'The risk is not below the threshold.',
      '"git push" pushes commits to where others have them.',
    ]);
    await approve(box);
    expect(await states(box)).toEqual(['notes succeeded', 'push succeeded']);
    expect(box.effects.map(({ flow }) => flow)).toEqual(['notes', 'push']);
    await box.stop();
  });

  test('at level 0 nothing acts: what would have been done is recorded', async () => {
    const box = await open({ autonomy: 0 });
    await box.emit('note');
    expect(await states(box)).toEqual(['notes declined']);
    expect(box.effects).toEqual([]);
    const [proposal] = await proposals(box);
    expect(proposal).toMatchObject({ state: 'rejected', decision: { policy: 'autonomy: 0' } });
    await box.stop();
  });

  test('at level 3 all runs but what has a gate', async () => {
    const box = await open({ autonomy: 3 });
    await box.emit('push');
    await box.emit('written');
    expect(await states(box)).toEqual(['push succeeded', 'written waiting']);
    await box.stop();
  });
});

describe('seed 000: Configurable approval thresholds', () => {
  test('risk below the threshold is approved, which is recorded as policy: threshold', async () => {
    const box = await open({ gates: { threshold: 'medium' } });
    await box.emit('written');
    expect(await states(box)).toEqual(['written succeeded']);
    const [proposal] = await proposals(box);
    expect(proposal).toMatchObject({ state: 'approved', decision: { policy: 'threshold' } });
    await box.stop();
  });

  test('a policy answers by its name, the first that holds', async () => {
    const policies = [
      { name: 'no-push', if: "'git.push' in proposal.rules", then: 'reject' },
      { name: 'rest', if: 'true', then: 'approve' },
    ];
    const box = await open({ autonomy: 1, gates: { policies } });
    await box.emit('push');
    await box.emit('written');
    expect(await states(box)).toEqual(['push declined', 'written succeeded']);
    const policiesSaid = (await proposals(box)).map(({ decision }) => decision?.policy);
    expect(policiesSaid).toEqual(['rest', 'no-push']);
    await box.stop();
  });
});

describe('seed 000: Human Override: Always maintain manual control option', () => {
  test('a level that is lowered holds at once, for runs under way too', async () => {
    const box = await open();
    await box.emit('later');
    await box.engine.autonomy.set({ level: 1, by: 'anna' });
    await box.advance('2h');
    expect(await states(box)).toEqual(['later waiting']);
    expect((await proposals(box))[0]?.reasons[0]).toBe(
      'At autonomy 1 a person says yes to each step that acts.',
    );
    await box.stop();
  });
});

describe('seed 000: Hybrid Operation: Some workflows automated, others remain interactive', () => {
  test('one flow goes by itself while another asks', async () => {
    const box = await open();
    await box.engine.autonomy.set({ level: 1, flow: 'notes', by: 'anna' });
    await box.emit('note');
    await box.emit('go');
    expect(await states(box)).toEqual(['notes waiting', 'fragile succeeded']);
    await box.stop();
  });
});

describe('seed 000: Graceful Degradation: Fall back to interactive when needed', () => {
  test('after two failures a person is asked, and a success ends that', async () => {
    const box = await open();
    broken = true;
    await box.emit('go');
    await box.emit('go');
    broken = false;
    await box.emit('go');
    expect(await states(box)).toEqual(['fragile failed', 'fragile failed', 'fragile waiting']);
    expect(box.engine.status().degraded[0]?.part).toBe('flow fragile');
    const reasons = (await proposals(box))[0]?.reasons ?? [];
    expect(reasons).toContain('The flow has failed too often by itself.');
    const question = (await proposals(box)).find(({ flow }) => flow === 'ask');
    expect(question?.content).toMatchObject({
      question: expect.stringMatching(
        /^May flow "fragile" go on by itself\? By itself it failed 2/,
      ),
    });
    expect(question?.evidence[0]).toMatchObject({ kind: 'failures', flow: 'fragile', done: [] });
    await approve(box);
    expect((await states(box)).at(-1)).toBe('fragile succeeded');
    const after = (await proposals(box)).find(({ flow }) => flow === 'ask');
    expect(after?.state).toBe('withdrawn');
    expect(box.engine.status().state).toBe('running');
    expect((await box.events('automation.resumed'))[0]?.data).toMatchObject({ by: 'signalbox' });
    await box.emit('go');
    expect((await states(box)).at(-1)).toBe('fragile succeeded');
    await box.stop();
  });

  test('or a person says that the flow may go on by itself', async () => {
    const box = await open();
    broken = true;
    await box.emit('go');
    await box.emit('go');
    await approve(box);
    expect(box.engine.status().state).toBe('running');
    expect((await box.events('automation.resumed'))[0]?.data).toMatchObject({ by: 'owner' });
    await box.stop();
  });
});
