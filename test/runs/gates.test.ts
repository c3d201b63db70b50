import { afterEach, describe, expect, test } from 'vitest';
import { flow } from '../../src/flows/code/flow.ts';
import type { Decider } from '../../src/gates/decide.ts';
import { proposalOf } from '../../src/gates/proposal.ts';
import type { Saying } from '../../src/runs/deciding.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { testbox, type Testbox, type TestboxOptions } from '../../src/signalbox/testing/testbox.ts';
import type { EntityRow } from '../../src/store/entity.ts';

const OWNER: Decider = { who: 'owner', by: 'owner', role: 'admin' };
const boxes: Testbox[] = [];

afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.stop()));
});

async function open(options: TestboxOptions): Promise<Testbox> {
  const box = await testbox(options);
  boxes.push(box);
  return box;
}

/** Drafts a text, and emits it where somebody says yes. */
function letters(gate: object = {}, more: object = {}) {
  return flow('letters', { on: 'letter.wanted', ...more }, (step) => [
    step.prompt('draft', 'Write about {payload.about}. {returned.reason}'),
    step.gate('send', { ...gate }, step.emit('letter.sent', { text: '{draft}' })),
    step.emit('letter.filed'),
  ]);
}

const answers = { prompt: 'Dear all' };

async function proposals({ engine }: Testbox): Promise<EntityRow[]> {
  return engine.store.entities({ kind: 'proposal', limit: 100 });
}

async function only(box: Testbox): Promise<EntityRow> {
  const [row] = await proposals(box);
  if (row === undefined) throw new Error('nothing is proposed');
  return row;
}

async function say(
  box: Testbox,
  saying: Partial<Saying> & Pick<Saying, 'decision'>,
  by: Decider = OWNER,
) {
  const row = await only(box);
  const { hash } = proposalOf(row);
  const said = await box.engine.deciding.decide(row.id, { hash, reason: null, ...saying }, by);
  await box.advance('0s');
  return said;
}

async function stateOf(box: Testbox): Promise<string | undefined> {
  return (await box.runs())[0]?.state;
}

describe('a gate', () => {
  test('lies between steps: nothing of it is done before somebody says yes', async () => {
    const box = await open({ flows: [letters()], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    expect(await box.runs()).toMatchObject([
      { state: 'waiting', reason: expect.stringContaining('waits for approval') as string },
    ]);
    expect(await box.events('letter.sent')).toEqual([]);
    expect(proposalOf(await only(box))).toMatchObject({ state: 'open', step: 'send', quorum: 1 });
    expect(await say(box, { decision: 'approve' })).toMatchObject({ kind: 'decided' });
    expect(await stateOf(box)).toBe('succeeded');
    expect(await box.events('letter.sent')).toMatchObject([{ data: { text: 'Dear all' } }]);
    expect(await only(box)).toMatchObject({ state: 'approved' });
    const { differences } = await checkRows(box.engine.store, () => {});
    expect(differences).toEqual([]);
    const verified = await box.engine.verify({ deep: false, progress: () => {} });
    expect(verified).toMatchObject({ ok: true });
  });

  test('ends the run as declined where somebody says no', async () => {
    const box = await open({ flows: [letters()], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    await say(box, { decision: 'reject', reason: 'too short' });
    expect(await box.runs()).toMatchObject([{ state: 'declined', reason: 'by owner: too short' }]);
    expect(await box.events('letter.sent')).toEqual([]);
    expect(await box.events('letter.filed')).toEqual([]);
  });

  test('gives the reason to the step that made what is returned', async () => {
    const box = await open({
      flows: [letters()],
      answers,
    });
    await box.emit('letter.wanted', { about: 'gates' });
    await say(box, { decision: 'return', reason: 'be warmer' });
    expect(box.effects).toHaveLength(2);
    expect(JSON.stringify(box.effects[1])).toContain('be warmer');
    expect((await proposals(box)).map(({ state }) => state)).toEqual(['open', 'returned']);
    await say(box, { decision: 'approve' });
    expect(await stateOf(box)).toBe('succeeded');
    expect((await box.events('letter.sent')).length).toBe(1);
  });

  test('means no where nobody answers in time, at that time', async () => {
    const box = await open({ flows: [letters({ expires: '4h' })], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    await box.advance('3h59m');
    expect(await stateOf(box)).toBe('waiting');
    await box.advance('1m');
    expect(await stateOf(box)).toBe('declined');
    expect(await only(box)).toMatchObject({ state: 'expired' });
    expect(await say(box, { decision: 'approve' })).toMatchObject({ status: 409 });
    expect(await box.events('letter.sent')).toEqual([]);
  });

  test('fails the step where its flow says so', async () => {
    const gate = { expires: '1h', on_expire: 'fail' };
    const box = await open({ flows: [letters(gate)], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    await box.advance('1h');
    const [run] = await box.runs();
    expect(run?.state).toBe('failed');
    expect(run?.steps.find(({ id }) => id === 'send')?.error?.code).toBe('gate.expired');
  });

  test('withdraws what is proposed with the run that is cancelled', async () => {
    const box = await open({ flows: [letters()], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    const { run } = await only(box);
    await box.engine.repair.apply(run ?? 0, { verb: 'cancel', by: 'lead', reason: 'no need' });
    expect(await only(box)).toMatchObject({ state: 'withdrawn' });
    expect(await say(box, { decision: 'approve' })).toMatchObject({
      kind: 'refused',
      code: 'proposal.decided',
      status: 409,
    });
    expect(await stateOf(box)).toBe('cancelled');
  });

  test("withdraws it when the run's own time is over", async () => {
    const box = await open({ flows: [letters({}, { timeout: '2h' })], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    await box.advance('2h');
    expect(await stateOf(box)).toBe('failed');
    expect(await only(box)).toMatchObject({ state: 'withdrawn' });
  });

  test('keeps what was decided while a person held the run, until it goes on', async () => {
    const box = await open({ flows: [letters()], answers });
    await box.emit('letter.wanted', { about: 'gates' });
    const { run } = await only(box);
    await box.engine.repair.apply(run ?? 0, { verb: 'pause', by: 'lead', reason: null });
    await say(box, { decision: 'approve' });
    expect(await stateOf(box)).toBe('paused');
    expect(await box.events('letter.sent')).toEqual([]);
    await box.engine.repair.apply(run ?? 0, { verb: 'resume', by: 'lead', reason: null });
    await box.advance('0s');
    expect(await stateOf(box)).toBe('succeeded');
  });

  test('alone hands on the text that was approved', async () => {
    const plan = flow('plan', { on: 'plan.made' }, (step) => [
      step.gate('ok', { proposal: 'Do {payload.what}' }),
      step.emit('plan.agreed', { text: '{steps.ok.output}' }),
    ]);
    const box = await open({ flows: [plan] });
    await box.emit('plan.made', { what: 'it' });
    await say(box, { decision: 'approve', edited: { proposal: 'Do it slowly' } });
    expect(await box.events('plan.agreed')).toMatchObject([{ data: { text: 'Do it slowly' } }]);
  });

  test('does the edited form that one proposed and as many approved as are needed', async () => {
    const plan = flow('plan', { on: 'plan.made' }, (step) => [
      step.gate('ok', { proposal: 'Do it', quorum: 2 }),
      step.emit('plan.agreed', { text: '{steps.ok.output}' }),
    ]);
    const box = await open({ flows: [plan] });
    await box.emit('plan.made');
    const other: Decider = { who: 'token:7', by: 'ops#7', role: 'approver' };
    await say(box, { decision: 'approve' }, other);
    expect(await say(box, { decision: 'approve', edited: { proposal: 'Do it slowly' } })).toEqual(
      expect.objectContaining({ kind: 'voted' }),
    );
    expect(await say(box, { decision: 'approve' }, other)).toMatchObject({ kind: 'decided' });
    expect(await box.events('plan.agreed')).toMatchObject([{ data: { text: 'Do it slowly' } }]);
    expect(await proposals(box)).toHaveLength(1);
  });

  test('of a window is not approved by those whose events it gathered', async () => {
    const pair = flow('pair', { on: { count: 2, of: 'part.made', within: '10s' } }, (step) => [
      step.gate('ok', { proposal: 'Put them together' }),
    ]);
    const box = await open({ flows: [pair] });
    for (const actor of ['anna', 'cli']) {
      await box.engine.emit({ type: 'part.made', source: 'tests', data: '{}', actor });
      await box.advance('0s');
    }
    expect(proposalOf(await only(box)).proposers.toSorted()).toEqual(['anna', 'owner']);
  });

  test('alone is not skipped, nor given an output, even where it waits for nobody', async () => {
    const gate = { expires: '1h', on_expire: 'fail' };
    const plan = flow('plan', { on: 'plan.made' }, (step) => [
      step.gate('ok', { ...gate, proposal: 'Do it' }),
      step.emit('plan.agreed', { text: '{steps.ok.output}' }),
    ]);
    const box = await open({ flows: [plan] });
    await box.emit('plan.made');
    const id = (await only(box)).run ?? 0;
    const { repair } = box.engine;
    const set = () => repair.set(id, { by: 'op', reason: null, step: 'ok', output: 'Do worse' });
    expect(await set()).toMatchObject({ code: 'gate.open' });
    await box.advance('1h');
    expect(await stateOf(box)).toBe('failed');
    expect(await set()).toMatchObject({ code: 'gate.open' });
    expect(await stateOf(box)).toBe('failed');
    await repair.retry(id, { by: 'op', reason: null });
    await box.advance('0s');
    await repair.pause(id, { by: 'op', reason: null });
    await say(box, { decision: 'approve' });
    expect(await set()).toMatchObject({ code: 'gate.open' });
    await repair.resume(id, { by: 'op', reason: null });
    await box.advance('0s');
    expect(await box.events('plan.agreed')).toMatchObject([{ data: { text: 'Do it' } }]);
  });

  test('in a branch declines the run that forked', async () => {
    const both = flow('both', { on: 'both.wanted' }, (step) => [
      step.parallel('all', [step.gate('yes', {}, step.emit('one.done')), step.emit('two.done')]),
      step.emit('all.done'),
    ]);
    const box = await open({ flows: [both] });
    await box.emit('both.wanted');
    await say(box, { decision: 'reject' });
    expect((await box.runs('both'))[0]?.state).toBe('declined');
    expect(await box.events('one.done')).toEqual([]);
    expect(await box.events('all.done')).toEqual([]);
  });
});
