import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hidingOf, liesIn } from '../../../src/std/isolation/hiding.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hiding-')));
  mkdirSync(join(folder, 'data/inner'), { recursive: true });
  mkdirSync(join(folder, 'data-too'));
  symlinkSync('data', join(folder, 'link'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is hidden is the data itself, wherever a link to it stands', () => {
  const hiding = hidingOf(join(folder, 'link'), { user: 7, group: 8 }, () => false);
  expect(hiding).toEqual({
    folders: [join(folder, 'data')],
    files: [],
    above: expect.any(Array) as readonly string[],
    readOnly: [],
    user: 7,
    group: 8,
  });
});

test('what stands above it and could be renamed is named, the outermost first', () => {
  const aboveOf = (user: number): readonly string[] =>
    hidingOf(join(folder, 'data/inner'), { user, group: 0 }).above;
  const own = aboveOf(process.getuid?.() ?? 0);
  expect(own.slice(-2)).toEqual([folder, join(folder, 'data')]);
  expect(own.slice(0, -2)).not.toContain('/');
  // The system's own temporary folder is another user's, and can be written to.
  expect(aboveOf(4_242)).toContain(folder);
});

test('so are the doors by which others start something for a user', () => {
  const filesOf = (user: number): readonly string[] =>
    hidingOf(folder, { user, group: 0 }, () => true).files;
  expect(filesOf(7)).toEqual(['/run/user/7/bus', '/run/user/7/systemd/private']);
  expect(filesOf(0)).toEqual(['/run/systemd/private', '/run/dbus/system_bus_socket']);
  const root = hidingOf(folder, { user: 0, group: 0 }, () => true);
  expect(root.readOnly).toEqual(['/proc/sys', '/proc/sysrq-trigger', '/sys']);
  expect(hidingOf(folder, { user: 4_242, group: 0 }).files).toEqual([]);
});

test('a folder lies in itself and in what holds it, over links too', () => {
  const data = join(folder, 'data');
  expect(liesIn(data, data)).toBe(true);
  expect(liesIn(join(folder, 'link/inner'), data)).toBe(true);
  expect(liesIn(data, join(folder, 'link'))).toBe(true);
  expect(liesIn(folder, data)).toBe(false);
  expect(liesIn(join(folder, 'data-too'), data)).toBe(false);
});
