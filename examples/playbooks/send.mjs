// Sends something on its way: `send first 7`. A file "closed" means that the first way is closed.
import { existsSync } from 'node:fs';

const [way, what] = process.argv.slice(2);

if (way === 'first' && existsSync('closed')) {
  console.error('the first way is closed');
  process.exit(1);
}
console.log(`${what} is on its ${way} way`);
