import { expect, onTestFinished, test } from 'vitest';
import { flow } from '../../src/flows/code/flow.ts';
import { proposalOf } from '../../src/gates/proposal.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { testbox, type Testbox, type TestboxOptions } from '../../src/signalbox/testing/testbox.ts';
import { readRuns } from '../../src/views/run-page.ts';

const OWNER = { who: 'owner', by: 'owner', role: 'admin' } as const;

async function open(options: TestboxOptions): Promise<Testbox> {
  const box = await testbox(options);
  onTestFinished(() => box.stop());
  return box;
}

const release = flow('release', { on: 'release.asked' }, (step) => [
  step.run('build', ['node', 'build.mjs']),
  step.gate('publish', {}, step.run('out', ['node', 'publish.mjs'])),
]);

test('000: Propose → Review → Execute (becomes automated gates)', async () => {
  const box = await open({ flows: [release], answers: { run: 'done' } });
  await box.emit('release.asked');
  expect(box.effects.map(({ step }) => step)).toEqual(['build']);
  const [row] = await box.engine.store.entities({ kind: 'proposal', limit: 1 });
  if (row === undefined) throw new Error('nothing is proposed');
  const { hash } = proposalOf(row);
  const wrong = { decision: 'approve', hash: '0'.repeat(64), reason: null } as const;
  const { deciding } = box.engine;
  expect(await deciding.decide(row.id, wrong, OWNER)).toMatchObject({ code: 'proposal.changed' });
  await box.advance('1h');
  expect(box.effects).toHaveLength(1);
  await deciding.decide(row.id, { decision: 'approve', hash, reason: null }, OWNER);
  await box.advance('0s');
  expect(box.effects.map(({ step }) => step)).toEqual(['build', 'publish']);
});

test('000: Complex event processing: what several events mean together', async () => {
  const alarm = flow(
    'alarm',
    { on: { count: 3, of: 'probe.failed', within: '10s', by: 'event.data.host' } },
    (step) => [step.emit('host.down', { host: '{payload.host}' })],
  );
  const box = await open({ flows: [alarm] });
  for (const host of ['a', 'b', 'a', 'b']) await box.emit('probe.failed', { host });
  expect(await box.events('host.down')).toEqual([]);
  await box.emit('probe.failed', { host: 'a' });
  expect(await box.events('host.down')).toMatchObject([{ data: { host: 'a' } }]);
  // Two of b and, too late, a third one.
  await box.advance('11s');
  await box.emit('probe.failed', { host: 'b' });
  expect(await box.events('host.down')).toHaveLength(1);
});

test('000: Event sourcing from audit logs: the rows are what the log folds to', async () => {
  const box = await open({ flows: [release], answers: { run: 'done' } });
  for (let n = 0; n < 3; n++) await box.emit('release.asked', { n });
  const { store } = box.engine;
  const { differences, ...folded } = await checkRows(store, () => {});
  expect(differences).toEqual([]);
  expect(folded).toMatchObject({ runs: 3, events: store.head() });
});

test('000: CQRS where appropriate: what is read says up to which event it knows', async () => {
  const box = await open({ flows: [release], answers: { run: 'done' } });
  const { seq } = await box.emit('release.asked');
  const stats = await box.engine.stats();
  expect(stats.as_of).toBeGreaterThanOrEqual(seq);
  const before = box.engine.store.head();
  await readRuns(box.engine, { limit: 10 });
  expect(box.engine.store.head()).toBe(before);
});

test('000: Decentralized coordination: flows answer events, and know no other', async () => {
  const box = await open({
    flows: [
      flow('check', { on: 'change.seen' }, (step) => [step.emit('change.checked')]),
      flow('ship', { on: 'change.checked' }, (step) => [step.emit('change.shipped')]),
    ],
  });
  const { seq } = await box.emit('change.seen');
  const [shipped] = await box.events('change.shipped');
  const [seen] = await box.events('change.seen');
  expect([shipped?.correlationid, seen?.seq]).toEqual([seen?.correlationid, seq]);
});
