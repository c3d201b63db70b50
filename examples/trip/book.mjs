// Books and cancels, and writes down what it did: `book KIND WHAT`, `cancel KIND WHAT`.
import { appendFileSync, existsSync } from 'node:fs';

const [deed, kind, what] = process.argv.slice(2);
const { SIGNALBOX_IDEMPOTENCY_KEY: key } = process.env;

if (deed === 'book' && existsSync(`no-${kind}`)) fail(`there is no ${kind} to ${what}`);
if (deed === 'cancel' && existsSync(`closed-${kind}`)) fail(`nobody answers at the ${kind}`);
appendFileSync('bookings.txt', `${deed} ${kind} ${what}\n`);
console.log(JSON.stringify({ number: `${kind}-1`, key }));

function fail(reason) {
  console.error(reason);
  process.exit(1);
}
