import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/reference/promises.md', import.meta.url));
/** Folders each of whose tests proves a promise. */
const PROOFS = ['crash', 'scenarios', 'soak'];

const page = readFileSync(PAGE, 'utf8');
const named = page.match(/\b(?:[a-z-]+\/)+[a-z-]+\.(test|soak)\.ts\b/g) ?? [];

test('every test that the promises name is there', () => {
  expect(named.length).toBeGreaterThan(20);
  const absent = named.filter((name) => !existsSync(`${TESTS}${name.replace(/^test\//, '')}`));
  expect(absent).toEqual([]);
});

test('every crash test and scenario stands beside a promise', () => {
  const proofs = PROOFS.flatMap((folder) =>
    readdirSync(`${TESTS}${folder}`).map((name) => `${folder}/${name}`),
  ).filter((name) => /\.(test|soak)\.ts$/.test(name) && name !== 'scenarios/promises.test.ts');
  const twinOf = (name: string): string =>
    name.replace('soak/', 'crash/').replace('.soak.', '.test.');
  const unnamed = proofs.filter((name) => !page.includes(name) && !page.includes(twinOf(name)));
  expect(unnamed).toEqual([]);
});
