import { expect, test } from 'vitest';
import { LogWriter } from '../../../src/sources/event-log/log-writer.ts';
import { UnreadLines } from '../../../src/sources/event-log/own-lines.ts';

test('a log that ends before what was written of it is recalled as far as it goes', async () => {
  const event = { type: 'x', source: 'cli', time: '2025-07-30T08:56:39.521Z', data: 'null' };
  const events = [1, 2, 3].map((seq) => ({ seq, ...event }));
  const writer = new LogWriter('event.log', {
    head: () => 3,
    read: async (after) => events.filter(({ seq }) => seq > after),
    onRecorded: () => () => {},
  });
  const unread = new UnreadLines();
  await writer.recall({ from: 1, to: 9 }, unread);
  const line = '2025-07-30T08:56:39.521Z|EVENT|x|||';
  expect([1, 2, 3].map(() => unread.take(line))).toEqual([2, 3, undefined]);
});
