import { expect, test } from 'vitest';
import { ChannelQueue } from '../../src/channels/channel-queue.ts';

test('what is urgent passes others that hang, and those that wait', async () => {
  const queue = new ChannelQueue();
  const begun: string[] = [];
  const enter = (name: string, isUrgent: boolean): Promise<void> =>
    queue.enter(isUrgent).then(() => void begun.push(name));
  // Four hang, and two wait behind them.
  for (let n = 0; n < 6; n++) void enter(`calm ${n}`, false);
  for (let n = 0; n < 5; n++) void enter(`urgent ${n}`, true);
  await Promise.resolve();
  await Promise.resolve();
  const calm = ['calm 0', 'calm 1', 'calm 2', 'calm 3'];
  const urgent = ['urgent 0', 'urgent 1', 'urgent 2', 'urgent 3'];
  expect(begun).toEqual([...calm, ...urgent]);
  queue.leave();
  await Promise.resolve();
  await Promise.resolve();
  expect(begun.slice(8)).toEqual(['urgent 4']);
});
