import { expect, test } from 'vitest';
import { testbox } from '../../src/testing.ts';

const GATE = { approvers: ['anna'], remind: '1h', escalate: ['otto', 'ops'], expires: '8h' };
const CONFIG = {
  people: { anna: { roles: ['approver'] }, otto: { roles: ['viewer'] } },
  flows: { ship: { on: 'go', steps: [{ emit: 'shipped', gate: GATE }] } },
};

test('an unanswered gate reminds its approvers, escalates once, and expires', async () => {
  const box = await testbox({ config: CONFIG });
  await box.emit('go');
  await box.advance('59m');
  expect(await box.events('proposal.reminded')).toEqual([]);
  await box.advance('2m');
  const [reminded] = await box.events('proposal.reminded');
  expect(reminded?.data).toMatchObject({ to: ['anna'], channels: [], flow: 'ship', risk: 'low' });
  await box.advance('2h');
  expect(await box.events('proposal.reminded')).toHaveLength(3);
  const [escalated] = await box.events('proposal.escalated');
  expect(escalated?.data).toMatchObject({ to: ['otto'], channels: ['ops'] });
  await box.advance('10h');
  expect(await box.events('proposal.escalated')).toHaveLength(1);
  expect(await box.events('proposal.reminded')).toHaveLength(7);
  expect((await box.runs())[0]?.state).toBe('declined');
  await box.stop();
});

test('an answer ends it', async () => {
  const box = await testbox({ config: CONFIG });
  await box.emit('go');
  await box.advance('61m');
  const [run] = await box.runs();
  await box.engine.repair.cancel(Number(run?.id.split('-').at(-1)), { by: 'x', reason: 'enough' });
  await box.advance('6h');
  expect(await box.events('proposal.reminded')).toHaveLength(1);
  expect(await box.events('proposal.escalated')).toEqual([]);
  await box.stop();
});
