// The flows and tools of a small shop, in code: what `main.mjs` runs and `orders.test.mjs` tests.
import { flow, tool } from 'signalbox';

export const compose = tool('compose', {
  summary: 'Writes a letter.',
  module: new URL('./compose.mjs', import.meta.url),
  input: { name: 'string', order: 'integer' },
  output: { text: 'string' },
});

export const reminder = flow('reminder', { on: 'order.placed' }, (step) => [
  step.sleep('2h'),
  step.tool('letter', 'compose', { name: '{payload.name}', order: '{payload.id}' }),
  step.emit('order.reminded', { id: '{payload.id}', text: '{letter.text}' }),
]);
