// A program with a durable subscriber. Emits as many events as it is told to, says on its standard
// output which are acknowledged, and writes each that it is told of to a file.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalbox } from '../../dist/index.js';

const [directory = '', count = '0'] = process.argv.slice(2);
const box = await signalbox({ data: join(directory, 'data') });
box.subscribe('n.counted', 'ledger', (event) => {
  appendFileSync(join(directory, 'told'), `${event.seq}\n`);
});
await box.start();
for (let n = 0; n < Number(count); n++) {
  const { seq } = await box.emit('n.counted', n);
  console.log(seq);
}
console.log('all');
process.stdin.resume();
process.stdin.once('end', () => void box.stop());
