import { expect, onTestFinished, test } from 'vitest';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';

/** More than a round of the router holds back, with two slots that are never free. */
const FLOOD = 300;

const page = (message: string) => ({ notify: 'audit', message, urgency: 'critical' }) as const;
const CONFIG = {
  max_concurrent_handlers: 2,
  queue_limit: 50,
  queue_overflow: 'drop',
  flows: {
    work: { on: 'job', steps: [{ run: ['work'], timeout: '10h' }] },
    page: { on: 'fire', steps: [page('fire {payload.n}')] },
    // Rests between what it says, and holds no slot meanwhile.
    again: {
      on: 'smoke',
      steps: [{ notify: 'audit', message: 'smoke' }, { sleep: '1m' }, page('smoke stays')],
    },
    // One step takes more than a moment, so that its runs wait like all others.
    slow: { on: 'fire', queue_limit: 100, steps: [{ run: ['look'] }, page('looked')] },
  },
};

async function flooded(): Promise<Testbox> {
  const answers = { run: () => new Promise<never>(() => {}) };
  const box = await testbox({ config: CONFIG, answers });
  onTestFinished(() => box.stop());
  await Promise.all(Array.from({ length: FLOOD }, (_, n) => box.box.emit('job', { n })));
  return box;
}

async function told(box: Testbox): Promise<readonly string[]> {
  const sent = await box.events('notification.sent');
  return sent.map(({ data }) => (data as { message: string }).message).toSorted();
}

test('a critical notification passes any flood: it needs no slot of other flows', async () => {
  const box = await flooded();
  const fires = Array.from({ length: 20 }, (_, n) => box.box.emit('fire', { n: n + 10 }));
  await Promise.all([...fires, box.box.emit('smoke')]);
  await box.advance('2s');
  expect(await told(box)).toEqual([...fires.map((_, n) => `fire ${n + 10}`), 'smoke']);
  await box.advance('1m');
  expect(await told(box)).toContain('smoke stays');
  // No page was dropped, though the queue was full; and none took a slot from the work.
  const dropped = (await box.events('event.dropped')).map(({ data }) => data);
  expect(dropped).toContainEqual(expect.objectContaining({ flow: 'work' }));
  expect(dropped).not.toContainEqual(expect.objectContaining({ flow: 'page' }));
  expect(box.engine.status()).toMatchObject({ running: 2, slots: 2 });
  const runs = [...(await box.runs('slow')), ...(await box.runs('page'))];
  expect(new Set(runs.map(({ flow, state }) => `${flow} ${state}`))).toEqual(
    new Set(['slow queued', 'page succeeded']),
  );
});

test('and what a restart finds in a flood is told behind nobody', async () => {
  const box = await flooded();
  await box.emit('smoke');
  await box.restart('10s');
  await box.emit('fire', { n: 1 });
  await box.advance('2s');
  expect(await told(box)).toEqual(['fire 1', 'smoke']);
  await box.advance('1m');
  expect(await told(box)).toEqual(['fire 1', 'smoke', 'smoke stays']);
});

test('nobody is told while all is paused, and then before all others', async () => {
  const box = await flooded();
  await box.engine.pause(undefined, { by: 'ann' });
  await box.emit('fire', { n: 1 });
  await box.advance('1h');
  expect(await told(box)).toEqual([]);
  await box.engine.resume(undefined, { by: 'ann' });
  await box.advance('1s');
  expect(await told(box)).toEqual(['fire 1']);
});
