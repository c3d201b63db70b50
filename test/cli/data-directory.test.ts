import { readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDataDirectory, tokenOf } from '../../src/cli/data-directory.ts';
import { makeFolder } from './signalbox.ts';

test('a token is made once, for its owner alone, and nothing else is left', () => {
  const folder = makeFolder();
  const { file, text } = tokenOf(folder);
  expect(text).toMatch(/^[0-9a-z]{52}$/);
  expect(readFileSync(file, 'utf8')).toBe(`${text}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(tokenOf(folder).text).toBe(text);
  expect(readdirSync(folder)).toEqual(['token']);
});

test('a token never takes the place of what came there meanwhile', () => {
  const folder = makeFolder();
  const file = join(folder, 'token');
  // It looks as if nothing were there, as to a daemon that starts at the same moment as another.
  symlinkSync('elsewhere', file);
  expect(() => tokenOf(folder)).toThrow('token cannot be used');
  expect([readlinkSync(file), readdirSync(folder)]).toEqual(['elsewhere', ['token']]);
});

test('a data directory that is made keeps itself out of git, one that is there does not', () => {
  const folder = makeFolder();
  const made = join(folder, 'made');
  makeDataDirectory(made);
  makeDataDirectory(folder);
  expect(readFileSync(join(made, '.gitignore'), 'utf8')).toBe('*\n');
  expect(readdirSync(folder)).toEqual(['made']);
});
