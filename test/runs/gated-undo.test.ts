import { expect, onTestFinished, test } from 'vitest';
import type { Decider } from '../../src/gates/decide.ts';
import { proposalOf } from '../../src/gates/proposal.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { testbox, type Testbox } from '../../src/signalbox/testing/testbox.ts';

const OWNER: Decider = { who: 'owner', by: 'owner', role: 'admin' };
/** Fails before anything was called. */
const NEVER = { run: ['never', '{payload.missing}'] };

async function told(steps: readonly object[]): Promise<Testbox> {
  let count = 0;
  const box = await testbox({
    config: { flows: { trip: { on: 'go', steps } } } as never,
    answers: { run: () => ({ number: ++count }) },
  });
  onTestFinished(() => box.stop());
  await box.emit('go', {});
  await box.advance('1h');
  return box;
}

async function say(box: Testbox, decision: 'approve' | 'reject' | 'return'): Promise<void> {
  const { engine } = box;
  const [row] = await engine.store.entities({ kind: 'proposal', limit: 1, open: true });
  if (row === undefined) throw new Error('nothing is proposed');
  const saying = { decision, hash: proposalOf(row).hash, reason: 'no' };
  expect(await engine.deciding.decide(row.id, saying, OWNER)).toMatchObject({ kind: 'decided' });
  await box.advance('1h');
}

async function expectUndone(box: Testbox): Promise<void> {
  expect(await box.runs()).toMatchObject([{ state: 'compensated' }]);
  expect((await checkRows(box.engine.store, () => {})).differences).toEqual([]);
}

test('an undo whose proposal is returned is proposed anew, and nothing goes forward', async () => {
  const undo = { run: ['undo', 'a'], gate: { risk: 'low' } };
  const box = await told([{ id: 'a', run: ['a'], compensate: undo }, { run: ['b'] }, NEVER]);
  expect(box.effects.map(({ step }) => step)).toEqual(['a', '2']);
  await say(box, 'return');
  expect(await box.runs()).toMatchObject([{ state: 'compensating' }]);
  await say(box, 'approve');
  expect(box.effects.map(({ step }) => step)).toEqual(['a', '2', 'a.undo']);
  await expectUndone(box);
});

test('what was done anew since it was returned is undone as often as it was done', async () => {
  const box = await told([
    { id: 'a', run: ['a'], compensate: { run: ['undo', '{output.number}'] } },
    { id: 'all', each: [1], do: [{ id: 'b', run: ['b'], compensate: { run: ['undo'] } }] },
    { id: 'ok', gate: { proposal: 'Take {steps.a.output.number}?' } },
  ]);
  await say(box, 'return');
  await say(box, 'reject');
  const [run] = await box.runs();
  const keys = box.effects.map(({ key }) => key.slice(`${run?.id}/`.length));
  expect(keys).toEqual([
    'a',
    'all[0]/b',
    'a/2',
    'all/2[0]/b',
    'all/2[0]/b.undo',
    'a.undo/2',
    'all[0]/b.undo',
    'a.undo',
  ]);
  expect(box.effects[5]?.input).toEqual({ run: ['undo', 3] });
  expect(box.effects[7]?.input).toEqual({ run: ['undo', 1] });
  await expectUndone(box);
});

const UNDONE = { id: 'b', run: ['boil'], compensate: { run: ['undo', 'b'] } };

test('a step that a person refused was not called, and is not undone', async () => {
  const box = await testbox({
    config: { flows: { trip: { on: 'go', autonomy: 1, steps: [UNDONE] } } } as never,
    answers: { run: null },
  });
  onTestFinished(() => box.stop());
  await box.emit('go', {});
  await say(box, 'reject');
  expect(await box.runs()).toMatchObject([{ state: 'declined' }]);
  expect(box.effects).toEqual([]);
});

test('nor is one that a policy refused at once; what was done before it is undone', async () => {
  const refuse = { name: 'no', if: "proposal.command.contains('boil')", then: 'reject' };
  const before = { id: 'a', run: ['a'], compensate: { run: ['undo', 'a'] } };
  const flows = {
    alone: { on: 'go', steps: [UNDONE] },
    trip: { on: 'go', steps: [before, UNDONE] },
    inside: { on: 'go', steps: [before, { parallel: [UNDONE, { id: 'c', run: ['c'] }] }] },
  };
  const config = { gates: { policies: [refuse] }, flows } as never;
  const box = await testbox({ config, answers: { run: null } });
  onTestFinished(() => box.stop());
  await box.emit('go', {});
  await box.advance('1h');
  const states = (await box.runs()).map(({ flow, state }) => `${flow} ${state}`);
  expect(states.toSorted()).toEqual(['alone declined', 'inside compensated', 'trip compensated']);
  const steps = box.effects.map(({ step }) => step).toSorted();
  expect(steps).toEqual(['a', 'a', 'a.undo', 'a.undo', 'c']);
  expect((await checkRows(box.engine.store, () => {})).differences).toEqual([]);
});
