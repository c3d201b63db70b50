import { expect, onTestFinished, test } from 'vitest';
import { FlowIndex } from '../../src/routing/match.ts';
import { planRecord } from '../../src/routing/plan.ts';
import { testbox } from '../../src/signalbox/testing/testbox.ts';
import type { Store } from '../../src/store/contract.ts';
import { readPatternFates } from '../../src/views/pattern-fate.ts';
import { alteredStore } from '../fixtures/altered-store.ts';

test('the match of an event is found behind a page of the log that ended early', async () => {
  const on = { sequence: ['a', 'b'], within: '5s', by: 'event.data.of' };
  const box = await testbox({ config: { flows: { watch: { on, steps: [{ emit: 'seen' }] } } } });
  onTestFinished(() => box.stop());
  await box.emit('a', { of: 'one' });
  for (const of of ['two', 'three']) for (const type of ['a', 'b']) await box.emit(type, { of });
  await box.emit('b', { of: 'one' });
  const { store } = box.engine;
  const { flows } = await box.engine.catalog();
  const [record] = await store.read({ after: 0, limit: 1, type: 'a' });
  if (record === undefined) throw new Error('no event is recorded');
  const matches = planRecord(record, new FlowIndex(flows.values()), store.identity);
  // As a store does where the records are large.
  const read: Store['read'] = async (query) => (await store.read(query)).slice(0, 1);
  const fates = await readPatternFates(alteredStore(store, { read }), record, matches);
  expect(fates.get('watch')).toMatchObject({ outcome: 'coalesced' });
});
