import { expect, test } from 'vitest';
import { Turns } from '../../../src/routing/hooks/turns.ts';

test('so many enter at once, and the others in their order', async () => {
  const turns = new Turns(2);
  const entered: number[] = [];
  const all = [1, 2, 3, 4].map(async (each) => {
    await turns.enter();
    entered.push(each);
  });
  await Promise.all(all.slice(0, 2));
  expect(entered).toEqual([1, 2]);
  turns.leave();
  await all[2];
  expect(entered).toEqual([1, 2, 3]);
  turns.leave();
  await all[3];
  turns.leave();
  turns.leave();
  await turns.enter();
  await turns.enter();
  expect(entered).toEqual([1, 2, 3, 4]);
});
