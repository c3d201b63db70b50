import { expect, onTestFinished, test } from 'vitest';
import { proposalOf } from '../../src/gates/proposal.ts';
import { seededRandom } from '../../src/std/random.ts';
import { OWNER, Stage } from './stage/stage.ts';

test('a form that a policy refuses is approved by nobody', async () => {
  const policies = [
    { name: 'no-push', if: "proposal.command.startsWith('git push')", then: 'reject' },
  ];
  const steps = [{ id: 'act', gate: { risk: 'low' }, run: ['work'] }];
  const settings = { gates: { policies }, flows: { main: { on: 'main.wanted', steps } } };
  const stage = await Stage.open({ settings, random: seededRandom(1) });
  onTestFinished(() => stage.close());
  await stage.engine.emit({ type: 'main.wanted', source: 'tests', data: '{}' });
  await stage.time.settle();
  const [row] = await stage.openProposals();
  const saying = {
    decision: 'approve',
    hash: proposalOf(row ?? never()).hash,
    reason: null,
  } as const;
  const say = (run: string[]) =>
    stage.engine.deciding.decide(row?.id ?? 0, { ...saying, edited: { run } }, OWNER);
  expect(await say(['git', 'push'])).toMatchObject({
    status: 400,
    code: 'proposal.invalid',
    message: 'The edited form is not to be done: policy: no-push.',
  });
  expect(await say(['work', 'harder'])).toMatchObject({ kind: 'decided' });
  await stage.time.settle();
  expect(stage.calls.map(({ input }) => input)).toEqual([{ run: ['work', 'harder'] }]);
});

function never(): never {
  throw new Error('nothing is proposed');
}
