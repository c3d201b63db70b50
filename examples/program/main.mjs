// Runs the shop in this program: node examples/program/main.mjs
import { flow, signalbox } from 'signalbox';
import { compose, reminder } from './orders.mjs';

const box = await signalbox({ data: process.argv[2] ?? 'examples/program/.signalbox' });
box.tool(compose);
box.flow(reminder);
box.flow(
  flow('letter', {}, (step) => [
    step.tool('it', 'compose', { name: '{payload.name}', order: '{payload.id}' }),
  ]),
);
box.hook('event:received', ({ event }) =>
  event.data.test === true ? { action: 'skip', reason: 'a test order' } : { action: 'continue' },
);
box.subscribe('order.placed', 'ledger', (event) => console.log(`placed: ${event.data.id}`));

await box.start();
await box.emit('order.placed', { id: 7, name: 'Ada' });
const { output } = await box.handle({ data: { id: 7, name: 'Ada' } }, 'letter');
console.log(output.text);
await box.stop();
