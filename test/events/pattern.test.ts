import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { matches, matchesText, patternProblem } from '../../src/events/pattern.ts';

const pushed = { type: 'git.pushed', source: 'git:/srv/app', subject: 'refs/heads/main' };

describe('a pattern of one attribute', () => {
  test.each([
    ['git.pushed', true],
    ['git.*', true],
    ['git*', true],
    ['*', true],
    ['git', false],
    ['git.pushed.again', false],
    ['Git.pushed', false],
    ['github.*', false],
    ['.*', false],
  ])('"%s" takes git.pushed: %s', (pattern, taken) => {
    expect(matchesText(pattern, 'git.pushed')).toBe(taken);
  });

  test('takes exactly the texts that begin as it does, where it ends in a star', () => {
    const words = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(words, words, (prefix, rest) => {
        expect(matchesText(`${prefix}*`, prefix + rest)).toBe(true);
        expect(matchesText(`${prefix}*`, rest)).toBe(rest.startsWith(prefix));
      }),
    );
  });

  test('without a star takes itself alone', () => {
    const words = fc.string().filter((word) => !word.endsWith('*'));
    fc.assert(
      fc.property(words, fc.string(), (pattern, text) => {
        expect(matchesText(pattern, pattern)).toBe(true);
        expect(matchesText(pattern, text)).toBe(text === pattern);
      }),
    );
  });
});

describe('a pattern', () => {
  test('takes an event only where all that it names match', () => {
    expect(matches({ event: 'git.*' }, pushed)).toBe(true);
    expect(matches({ event: 'git.*', source: 'git:*' }, pushed)).toBe(true);
    expect(matches({ event: 'git.*', source: 'webhook:*' }, pushed)).toBe(false);
    expect(matches({ event: 'git.*', subject: 'refs/heads/*' }, pushed)).toBe(true);
    expect(matches({ event: 'git.*', subject: 'refs/tags/*' }, pushed)).toBe(false);
    expect(matches({ event: 'file.*', source: 'git:*' }, pushed)).toBe(false);
  });

  test('of a subject does not take an event that has none, unless it takes every subject', () => {
    const event = { type: 'git.pushed', source: 'git' };
    expect(matches({ event: '*', subject: 'refs/*' }, event)).toBe(false);
    expect(matches({ event: '*', subject: '*' }, event)).toBe(true);
  });
});

describe('a pattern is refused', () => {
  test.each(['git.pushed', 'git.*', '*', 'COORDINATION_CRISIS'])(
    'not where it is fine: %s',
    (text) => {
      expect(patternProblem(text)).toBeUndefined();
    },
  );

  test('where it is empty, with an example', () => {
    expect(patternProblem('')).toContain('name an event type');
  });

  test.each(['*.pushed', 'git.*.main', '**'])('where a star stands before its end: %s', (text) => {
    expect(patternProblem(text)).toContain('only a last "*" is allowed');
  });
});
