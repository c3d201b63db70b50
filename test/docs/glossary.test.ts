import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LESSONS } from '../../src/cli/lessons.ts';

function pageOf(name: string): string {
  return readFileSync(new URL(`../../docs/guide/${name}.md`, import.meta.url), 'utf8');
}

const GLOSSARY = pageOf('glossary');

test('the glossary has every word that the concepts explain', () => {
  const words = [...GLOSSARY.matchAll(/^\| ([a-z][a-z ]+) \|/gm)].map(([, word]) => word);
  const explained = [...pageOf('concepts').matchAll(/\*\*([^*]+)\*\*/g)].map(([, word = '']) =>
    word
      .toLowerCase()
      .replace(/^repaired$/, 'repair')
      .replace(/(?<=[a-z])s$/, ''),
  );
  // A limit is what a lane keeps to: it has a page of its own.
  const missing = explained.filter((word) => !words.includes(word) && word !== 'limit');
  expect(missing).toEqual([]);
});

test('the glossary calls no command "later" that there is', () => {
  const later = [...GLOSSARY.matchAll(/\*later\*:? `([^`]+)`/gi)].map(([, name]) => name);
  expect(later.length).toBeGreaterThan(5);
  expect(later.filter((name) => Object.hasOwn(LESSONS, name ?? ''))).toEqual([]);
});
