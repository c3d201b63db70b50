// @ts-check
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * What it costs to look for secrets, in CPU time: `node bench/redaction.mjs` after a build. Each
 * line is an ordinary record, the same without anything in it, and a megabyte of them.
 */
const dist = join(import.meta.dirname, '..', 'dist', 'std', 'redact.js');
const { redaction } = await import(pathToFileURL(dist).href);

const RECORD = JSON.stringify({
  flow: 'deploy-on-push',
  catalog: '0123456789abcdef',
  first: { step: 'build', attempt: 1, key: '9f3c/12/build' },
  data: {
    repository: 'acme/api',
    branch: 'main',
    commits: [{ id: 'a3f1c2d4e5f60718293a4b5c6d7e8f9001122334', message: 'Fix the header' }],
    files: ['src/a.ts', 'src/b.ts'],
  },
});
const MEGABYTE = `[${Array.from({ length: 1_000_000 / RECORD.length }, () => RECORD).join(',')}]`;
const RECORDS = 100_000;

/**
 * CPU milliseconds of `count` calls.
 *
 * @param {number} count
 * @param {() => unknown} call
 */
function cost(count, call) {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/**
 * @param {number} milliseconds
 * @param {number} count
 */
function microseconds(milliseconds, count) {
  return `${((milliseconds * 1_000) / count).toFixed(2)} µs`;
}

const parsed = cost(RECORDS, () => JSON.parse(RECORD));
console.log(`JSON.parse of ${RECORD.length} characters: ${microseconds(parsed, RECORDS)}`);
for (const count of [1, 5, 20, 100]) {
  const secrets = Array.from({ length: count }, () => randomBytes(30).toString('base64url'));
  const built = cost(1, () => redaction(secrets).json('"x\\n"'));
  const { json } = redaction(secrets);
  const found = RECORD.replace('main', String(secrets[0]));
  cost(5_000, () => [json(RECORD), json(found)]);
  const clean = cost(RECORDS, () => json(RECORD));
  const taken = cost(RECORDS / 10, () => json(found));
  const many = cost(20, () => json(MEGABYTE));
  const lines = [
    `a record ${microseconds(clean, RECORDS)}`,
    `with one in it ${microseconds(taken, RECORDS / 10)}`,
    `${((20 * MEGABYTE.length) / 1_000 / many).toFixed(0)} MB/s`,
    `made in ${built.toFixed(0)} ms`,
  ];
  console.log(`${count} known: ${lines.join(', ')}`);
}
