import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { testbox, type Testbox, type TestboxOptions } from '../../src/signalbox/testing/testbox.ts';

/** The shipped playbooks, with flows that they mend. */
const config = fileURLToPath(new URL('../../examples/playbooks/signalbox.yaml', import.meta.url));

async function open(answers: TestboxOptions['answers']): Promise<Testbox> {
  const box = await testbox({ config, answers: answers ?? {} });
  onTestFinished(() => box.stop());
  return box;
}

async function told(box: Testbox): Promise<string[]> {
  const requested = await box.events('notification.requested');
  return requested.map(({ data }) => (data as { readonly message: string }).message);
}

function failing(step: string): TestboxOptions['answers'] {
  return {
    run: (effect) => {
      if (effect.step === step) throw new Error('it is closed');
      return 'done';
    },
  };
}

test('000: Success/failure notifications', async () => {
  const box = await open(failing('label'));
  await box.emit('label.wanted', { n: 1 });
  await box.emit('release.requested', { version: '2.0' });
  const [failed, done, ...rest] = await told(box);
  expect(failed).toMatch(/^print failed at step label: .*it is closed/);
  expect(done).toBe('release is done');
  expect(rest).toEqual([]);
});

test('000: Self-healing workflows: tried again, done elsewhere, and then a person', async () => {
  let isClosed = true;
  const box = await open({
    run: ({ step }) => {
      if (step === 'send' || (step === 'label' && isClosed)) throw new Error('it is closed');
      return 'done';
    },
  });
  await box.emit('order.placed', { n: 7 });
  expect((await box.runs('deliver-elsewhere')).map(({ state }) => state)).toEqual(['succeeded']);
  await box.emit('label.wanted', { n: 1 });
  isClosed = false;
  await box.advance('16m');
  expect((await box.runs('print')).map(({ state }) => state)).toEqual(['succeeded']);
  isClosed = true;
  await box.emit('label.wanted', { n: 2 });
  await box.advance('3h');
  expect((await told(box)).join('\n')).toMatch(/^print still fails/m);
});

test('000: Graceful failure handling: what fails often goes slower for a while', async () => {
  const box = await open(failing('label'));
  for (let n = 0; n < 3; n++) await box.emit('label.wanted', { n });
  const limit = { part: 'flow print', reason: expect.stringContaining('at most 1 run at once') };
  expect(box.engine.status()).toMatchObject({ state: 'degraded', degraded: [limit] });
  await box.advance('2h');
  expect((await box.events('flow.unlimited')).length).toBeGreaterThan(0);
});

test('000: Always maintain manual control option: also over what a flow did', async () => {
  const box = await open(failing('label'));
  for (let n = 0; n < 3; n++) await box.emit('label.wanted', { n });
  const decision = { by: 'owner', reason: 'enough', cause: NO_CAUSE };
  const restored = box.engine.deeds.limit('print', null, decision);
  await box.advance('0s');
  expect(await restored).toBe(true);
  expect(box.engine.status().degraded).toEqual([]);
});

const NO_CAUSE = { correlation: null, causation: null, hops: 0 };
