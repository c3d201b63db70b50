import { expect, test } from 'vitest';
import { killNotifier } from './killed-notifier.ts';

test('of 20 kills during notification none loses one, and repeats carry the same id', async () => {
  const { repeats } = await killNotifier(20, 1);
  expect(repeats).toBeGreaterThan(0);
});
