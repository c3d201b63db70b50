import { expect, test } from 'vitest';
import { killSagas } from './gated-sagas.ts';

/** Acceptance of sagas: each is done or undone, never between. */
test('sagas with gates whose daemon is killed at random instants are done or undone', async () => {
  const report = await killSagas(6, 3, 1);
  console.log('sagas under kills:', JSON.stringify(report));
  expect(report.states['succeeded']).toBe(2);
});
