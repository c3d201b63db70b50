import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LinkKey } from '../../src/gates/link-key.ts';
import { readLink, signLink } from '../../src/gates/signed-link.ts';

const KEY = Buffer.from('k'.repeat(40));
const CLAIMS = { proposal: 'abc-12', hash: 'f'.repeat(64), person: 'anna', expires: 1_000 };

test('a link says what it was signed with, until its time is over', () => {
  const link = signLink(CLAIMS, KEY);
  expect(readLink(link, KEY, 999)).toEqual(CLAIMS);
  expect(readLink(link, KEY, 1_000)).toBe('expired');
});

test('a link with one other character, another key, or another form says nothing', () => {
  const link = signLink(CLAIMS, KEY);
  for (let at = 0; at < link.length; at++) {
    const other = `${link.slice(0, at)}${link[at] === 'A' ? 'B' : 'A'}${link.slice(at + 1)}`;
    expect(readLink(other, KEY, 0)).toBe('forged');
  }
  for (const text of ['', '.', 'a.b', `${link}.x`, `${link}x`, 'x'.repeat(5_000)]) {
    expect(readLink(text, KEY, 0)).toBe('forged');
  }
  expect(readLink(link, Buffer.from('other'.repeat(10)), 0)).toBe('forged');
});

test('the key is made once, in a file of its owner, and a broken one is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-link-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'links.key');
  expect(new LinkKey(file).known).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  const { bytes } = new LinkKey(file);
  expect(new LinkKey(file).bytes).toEqual(bytes);
  expect(new LinkKey(file).known).toEqual(bytes);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, 'short');
  expect(() => new LinkKey(file).bytes).toThrow(/is no key of links/);
  expect(() => new LinkKey(folder).bytes).toThrow(/cannot be read/);
  expect(new LinkKey().bytes).not.toEqual(bytes);
});
