import { expect, test } from 'vitest';
import type { Gate } from '../../src/flows/flow.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { flowOf, stepOf } from './pieces.ts';
import { ann, bob, codeOf, differences } from './repairing.ts';
import { Workshop } from './workshop.ts';

const GATE: Gate = { approvers: [], quorum: 1, escalate: [], onExpire: 'reject' };
const open = flowOf(stepOf({ id: 'work' }));
const gated = flowOf(stepOf({ id: 'work', gate: GATE }));
const hanging = (): Promise<StepResult> => new Promise(() => {});

test('what may have been called is told before somebody is asked about it', async () => {
  const first = await Workshop.started({ flow: open, act: hanging });
  const id = await first.begin();
  await first.settle();
  const next = await first.reopen({ flow: gated });
  await next.runner.start();
  await next.pass(10);
  expect((await next.journal(id)).slice(0, 2)).toMatchObject([
    { type: 'step.started', attempt: 2 },
    { type: 'step.proposed' },
  ]);
  expect(await differences(next)).toEqual([]);
});

test('who waits for an answer is asked anew where its own definition is lost', async () => {
  let isLost = false;
  const findFlow = async (catalog: string) => (isLost && catalog === 'c1' ? undefined : gated);
  const shop = await Workshop.started({ flow: gated, act: hanging, findFlow });
  const id = await shop.begin();
  await shop.reaches(id, 'waiting');
  isLost = true;
  const moving = { ...bob, ...ann, catalog: 'c2', accept: true };
  expect(codeOf(await shop.runner.repair.move(id, moving))).toBe('done');
  await shop.pass(10);
  const types = await shop.types(id);
  expect(types.slice(types.indexOf('run.moved'))).toEqual(['run.moved', 'step.proposed']);
});
