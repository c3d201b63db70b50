import { expect, test } from 'vitest';
import { fastest } from '../fixtures/fastest.ts';
import { load, makeProject, said } from './folder.ts';

const MB = 1_000_000;

/** Ten levels of ten aliases each: ten thousand million texts. */
const BOMB = Array.from({ length: 10 }, (_, level) => {
  const inner = level === 0 ? 'x' : `*a${level - 1}`;
  return `a${level}: &a${level} [${Array(10).fill(inner).join(', ')}]`;
}).join('\n');

const TABLES = `a = ${'{ b = '.repeat(100_000)}`;

/** Each file, and the code of what is said first of it. */
const FILES: readonly [string, string, string, string][] = [
  ['a YAML bomb', 'signalbox.yaml', BOMB, 'config.limit'],
  ['a YAML bomb in front matter', 'profiles/a.md', `---\n${BOMB}\n---\n`, 'config.limit'],
  ['tags', 'signalbox.yaml', '!!js/function "x": 1\nb: !!python/object:os.system x\n', 'config'],
  ['many tags', 'signalbox.yaml', 'a: !x y\n'.repeat(100), 'config'],
  ['10 MB of YAML', 'signalbox.yaml', 'a: b\n'.repeat(2 * MB), 'config.unreadable'],
  ['10 MB of TOML', 'signalbox.toml', 'a = 1\n'.repeat(2 * MB), 'config.unreadable'],
  ['10 MB of JSON', 'signalbox.json', `[${'1,'.repeat(5 * MB)}1]`, 'config.unreadable'],
  ['10 MB of Markdown', 'profiles/a.md', '---\n'.repeat(3 * MB), 'config.unreadable'],
  ['4 MB of YAML', 'signalbox.yaml', 'a: b\n'.repeat(MB * 0.8), 'config.limit'],
  ['4 MB of TOML', 'signalbox.toml', 'a = 1\n'.repeat(MB * 0.6), 'config.limit'],
  ['tables in tables', 'signalbox.toml', TABLES, 'config.limit'],
  ['lists in lists in JSON', 'signalbox.json', '['.repeat(MB), 'config.limit'],
  ['dashes behind dashes', 'signalbox.yaml', '- '.repeat(MB / 2), 'config.limit'],
];

test.each(FILES)('S21: refused within 100 ms: %s', async (_, file, text, code) => {
  const folder = makeProject({ [file]: text });
  const loaded = await load(folder, { file });
  expect(loaded.configuration).toBeUndefined();
  expect(said(loaded, folder)[0]).toContain(`[${code}`);
  expect(await fastest(() => load(folder, { file }))).toBeLessThan(100);
});
