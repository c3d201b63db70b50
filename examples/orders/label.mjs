import { existsSync } from 'node:fs';

const [number] = process.argv.slice(2);
if (!existsSync('paper')) {
  console.error('the printer is out of paper');
  process.exit(1);
}
console.log(`label of order ${number}`);
