import { expect, test } from 'vitest';
import { isRequestId, RequestIds } from '../../../src/std/http/request-ids.ts';

test('ids of one server follow each other, and those of another are others', () => {
  const [one, other] = [new RequestIds(), new RequestIds()];
  const ids = Array.from({ length: 37 }, () => one.next());
  const [first = ''] = ids;
  const server = first.replace(/-1$/, '');
  expect(ids.slice(-3)).toEqual([`${server}-z`, `${server}-10`, `${server}-11`]);
  expect(ids.every(isRequestId)).toBe(true);
  expect(other.next()).not.toBe(first);
});

test.each([
  ['a', true],
  ['A-1._z', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['', false],
  ['a b', false],
  ['a\n', false],
  ['ü', false],
  [undefined, false],
  [['a'], false],
])('%j may name a request: %s', (text, may) => {
  expect(isRequestId(text)).toBe(may);
});
