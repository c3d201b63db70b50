import { expect, test } from 'vitest';
import { nextTurn } from '../../src/std/turn.ts';

test('whoever waits already gets a turn before long work goes on', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('another'));
  const work = nextTurn().then(() => order.push('the work'));
  order.push('the rest of this turn');
  await work;
  expect(order).toEqual(['the rest of this turn', 'another', 'the work']);
});
