import { expect, test } from 'vitest';
import { clausesOf } from '../../../src/flows/cel/clauses.ts';

test.each<[string, readonly string[]]>([
  ['a == 1', ['a == 1']],
  ['a == 1 && b', ['a == 1', 'b']],
  ['(a && b) && c["x && y"] && {"k": d && e}.k', ['(a && b)', 'c["x && y"]', '{"k": d && e}.k']],
  [`a == '&&' && f(b, c && d)`, [`a == '&&'`, 'f(b, c && d)']],
  ['a && (b || c)', ['a', '(b || c)']],
  ['a && b || c', ['a && b || c']],
  ['a ? b && c : d', ['a ? b && c : d']],
  [String.raw`a == "\"" && b`, [String.raw`a == "\"" && b`]],
  ['a == """x""" && b', ['a == """x""" && b']],
  ['a // && b', ['a // && b']],
])('%s is taken apart only where that is certain', (text, clauses) => {
  expect(clausesOf(text)).toEqual(clauses);
});
