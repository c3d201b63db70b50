// Tests the shop under virtual time: node --test examples/program/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testbox } from 'signalbox/testing';
import { compose, reminder } from './orders.mjs';

test('who has ordered is reminded two hours later, once', async () => {
  const shop = await testbox({
    flows: [reminder],
    tools: [compose],
    at: '2026-07-16T21:00:00Z',
    answers: { tools: { compose: ({ input }) => ({ text: `Dear ${input.with.name}` }) } },
  });
  await shop.emit('order.placed', { id: 7, name: 'Ada' });
  await shop.advance('1h59m');
  assert.deepEqual(shop.effects, []);

  await shop.advance('1h');
  const [letter] = shop.effects;
  assert.equal(letter.at, '2026-07-16T23:00:00.000Z');
  const [reminded] = await shop.events('order.reminded');
  assert.deepEqual(reminded.data, { id: 7, text: 'Dear Ada' });
  assert.deepEqual(
    (await shop.runs()).map(({ state }) => state),
    ['succeeded'],
  );
  await shop.stop();
});
