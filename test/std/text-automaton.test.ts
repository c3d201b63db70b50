import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { textAutomaton } from '../../src/std/text-automaton.ts';
import { textSieve } from '../../src/std/text-sieve.ts';

const words = fc.uniqueArray(
  fc.string({ minLength: 8, maxLength: 12, unit: fc.constantFrom('a', 'b', 'é') }),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const texts = fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', 'é', 'i', 'c') });

test('an automaton knows the longest word that ends at each place of any text', () => {
  fc.assert(
    fc.property(words, texts, (all, text) => {
      const automaton = textAutomaton(all, []);
      let state = 0;
      for (let at = 0; at < text.length; at++) {
        state = automaton.step(state, text.charCodeAt(at));
        const ending = all.filter((word) => text.slice(0, at + 1).endsWith(word));
        expect(automaton.ending(state)).toBe(Math.max(0, ...ending.map(({ length }) => length)));
        expect(automaton.depth(state)).toBeGreaterThanOrEqual(automaton.ending(state));
      }
    }),
  );
});

test('it idles no further than a word may begin, or a mark stands', () => {
  const automaton = textAutomaton(['canary'], ['"'.charCodeAt(0)]);
  expect(automaton.idle('a car, a canary', 0)).toBe(2);
  expect(automaton.idle('a car, a canary', 3)).toBe(9);
  expect(automaton.idle('a "b', 0)).toBe(2);
  expect(automaton.idle('a c"', 0)).toBe(2);
  expect(automaton.idle('nothing', 0)).toBe(7);
});

test('it says whether a symbol carries on what has begun', () => {
  const automaton = textAutomaton(['ab', 'ac'], []);
  const a = automaton.step(0, 'a'.charCodeAt(0));
  expect(automaton.goesOn(a, 'c'.charCodeAt(0))).toBe(true);
  expect(automaton.goesOn(a, 'a'.charCodeAt(0))).toBe(false);
  expect(automaton.goesOn(automaton.step(a, 'b'.charCodeAt(0)), 'a'.charCodeAt(0))).toBe(false);
});

test('a sieve lets every text through that holds a word, also wrapped', () => {
  fc.assert(
    fc.property(words, texts, texts, fc.nat(), (all, before, behind, pick) => {
      const sieve = textSieve(all, 8);
      const word = all[pick % all.length] ?? '';
      const at = pick % word.length;
      expect(sieve.mayHold(`${before}${word}${behind}`)).toBe(true);
      expect(sieve.mayHold(`${before}${word.slice(0, at)}\n${word.slice(at)}${behind}`)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a sieve keeps back what has no word, and lets through what may hide one', () => {
  const sieve = textSieve(['canary-4711'], 8);
  expect(sieve.mayHold('a canary and the number 4711, apart')).toBe(false);
  expect(sieve.mayHold('a \\ hides')).toBe(true);
  expect(sieve.mayHold('')).toBe(false);
});
