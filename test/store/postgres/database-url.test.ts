import { describe, expect, test } from 'vitest';
import { isStore, passwordsIn, shownDatabase } from '../../../src/store/postgres/database-url.ts';

test.each([
  ['sqlite', true],
  ['postgres://me@host/name', true],
  ['postgresql:///name?host=/run/pg', true],
  ['mysql://me@host/name', false],
  ['postgres://', false],
  ['postgres://a b', false],
])('%j says where a log lies: %j', (text, expected) => {
  expect(isStore(text)).toBe(expected);
});

describe('a URL of a database', () => {
  const url = 'postgres://me:p%40ss@host:5432/name?sslmode=require&password=x#y';

  test('is shown without what lets somebody in', () => {
    expect(shownDatabase(url)).toBe('postgres://host:5432/name');
    expect(shownDatabase('postgres:///name?host=/run/pg')).toBe('postgres:///name');
  });

  test.each([
    [url, ['p@ss', 'x']],
    ['postgres://me:100%@host/name', ['100%']],
    ['postgres://me@host/name', []],
    ['postgres:///name', []],
  ])('%j has the passwords %j', (text, expected) => {
    expect(passwordsIn(text)).toEqual(expected);
  });
});
