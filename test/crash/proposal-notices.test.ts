import { expect, test } from 'vitest';
import { killNotices } from './proposal-notices.ts';

test('who is to hear of a proposal does, though the daemon is killed while it tells', async () => {
  const { answers, repeats } = await killNotices(3, 1);
  expect(repeats).toBeGreaterThan(0);
  // Each kind of refusal was met once, and all were taken in the end.
  expect(answers).toMatchObject({ 429: 1, 500: 1, cut: 1 });
});
