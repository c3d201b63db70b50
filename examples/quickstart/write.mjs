// Writes one greeting into greetings.log, once: a step that is repeated after a crash carries the same
// key, and finds its line already there.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const FILE = 'greetings.log';
const [name] = process.argv.slice(2);
const key = process.env.SIGNALBOX_IDEMPOTENCY_KEY;
const text = `Hello, ${name}!`;

const written = existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n') : [];
if (!written.some((line) => line.startsWith(`${key} `))) appendFileSync(FILE, `${key} ${text}\n`);

console.log(JSON.stringify({ text }));
