import { describe, expect, test } from 'vitest';
import { overlaid, readAnswer } from '../../../src/routing/hooks/answer.ts';

describe('what a hook said', () => {
  test.each([
    ['', { kind: 'continue' }],
    [' \n', { kind: 'continue' }],
    ['null', { kind: 'continue' }],
    ['{"action":"continue"}', { kind: 'continue' }],
    ['{"action":"skip"}', { kind: 'filter', action: 'skip', reason: null }],
    ['{"action":"skip","reason":null}', { kind: 'filter', action: 'skip', reason: null }],
    ['{"action":"deny","reason":"no"}', { kind: 'filter', action: 'deny', reason: 'no' }],
    ['{"action":"modify","data":{"a":1}}', { kind: 'modify', data: { a: 1 } }],
    ['{"action":"modify","data":null}', { kind: 'modify', data: null }],
  ])('%j is understood', (text, answer) => {
    expect(readAnswer(text)).toEqual(answer);
  });

  test.each([
    ['garbage', 'This is not JSON'],
    ['[]', 'An answer is an object'],
    ['7', 'An answer is an object'],
    ['{}', 'Its "action" is none of continue, skip, deny or modify'],
    ['{"action":"stop"}', 'Its "action" is none of'],
    ['{"action":"skip","reason":7}', 'Its "reason" is no text'],
    ['{"action":"modify"}', 'It modifies, and has no "data"'],
    ['{"__proto__":{"action":"skip"}}', 'Its "action" is none of'],
    ['['.repeat(100), 'nests deeper than 64'],
  ])('%j is no answer', (text, problem) => {
    expect(readAnswer(text)).toEqual({
      kind: 'bad',
      problem: expect.stringContaining(problem) as string,
    });
  });

  test('keeps as much of a reason as a person reads', () => {
    const answer = readAnswer(JSON.stringify({ action: 'skip', reason: 'x'.repeat(100_000) }));
    expect(answer).toMatchObject({ reason: 'x'.repeat(1_024) });
  });
});

describe('an amendment', () => {
  test('is laid over an object, and stands in place of anything else', () => {
    expect(overlaid({ a: 1, b: { c: 2 } }, { b: 3, d: null })).toEqual({ a: 1, b: 3, d: null });
    expect(overlaid([1], { b: 3 })).toEqual({ b: 3 });
    expect(overlaid({ a: 1 }, 'text')).toBe('text');
    expect(overlaid({ a: 1 }, null)).toBeNull();
  });

  test('named as a prototype is a key like others', () => {
    const data = JSON.parse('{"__proto__":{"admin":true}}') as { readonly admin: boolean };
    const amended = overlaid({ a: 1 }, data);
    expect(JSON.stringify(amended)).toBe('{"a":1,"__proto__":{"admin":true}}');
    expect((amended as { readonly admin?: boolean }).admin).toBeUndefined();
    expect(({} as { readonly admin?: boolean }).admin).toBeUndefined();
  });
});
