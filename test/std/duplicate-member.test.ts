import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { duplicateMember } from '../../src/std/duplicate-member.ts';

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":{"b":1,"c":[{"d":1}],"b":2}}', 'b'],
  ['[{"a":1},{"x" : 1 ,\n"x" :2}]', 'x'],
  [String.raw`{"a":1,"\u0061":2}`, 'a'],
  [String.raw`{"a\"":"b\\","a\"":1}`, 'a"'],
  ['{"":1,"":1}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s has %j twice', (text, name) => {
  expect(duplicateMember(text)).toBe(name);
});

test.each([
  '{"a":1,"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":"a:","c":["a","a"]}',
  String.raw`{"a":"{\"a\":1}"}`,
  '{"constructor":1}',
  '"a"',
  '7',
])('%s has none', (text) => {
  expect(duplicateMember(text)).toBeUndefined();
});

test('what was written from a value has none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      expect(duplicateMember(JSON.stringify(value, undefined, indent))).toBeUndefined();
    }),
  );
});
