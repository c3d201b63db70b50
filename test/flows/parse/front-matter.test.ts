import { describe, expect, test } from 'vitest';
import { hasFrontMatter, readFrontMatter } from '../../../src/flows/parse/front-matter.ts';
import { placeAt, toValue } from '../../../src/flows/parse/yaml-node.ts';

describe('the front matter of a Markdown file', () => {
  test.each([
    ['---\nmode: daemon\n---\n# Text\n\n---\nmore: text\n'],
    ['\ufeff---\r\nmode: daemon\r\n---\r\nText'],
    ['\n# night.md\n---\nmode: daemon\n---'],
  ])('is read as YAML: %j', (text) => {
    const { root, problems } = readFrontMatter(text);
    expect({ value: root && toValue(root), problems }).toEqual({
      value: { mode: 'daemon' },
      problems: [],
    });
    expect(hasFrontMatter(text)).toBe(true);
  });

  test('may be empty', () => {
    const { root, problems } = readFrontMatter('---\n---\nText');
    expect(problems).toEqual([]);
    expect(root && toValue(root)).toBe(null);
  });

  test('has its places counted from the first line of the file', () => {
    const { root, place } = readFrontMatter('# name\n---\na:\n  b: 1\n---\n');
    expect(root && place(placeAt(root, ['a', 'b']))).toEqual({ line: 4, column: 6 });
    const wrong = readFrontMatter('# name\n---\na: 1\na: 2\n---\n');
    expect(wrong.problems.map(({ at }) => wrong.place(at))).toEqual([{ line: 4, column: 1 }]);
  });
});

describe('a Markdown file that is no profile is told what it lacks', () => {
  test.each([
    ['# Title\n\nText', '1:1 a profile begins with front matter: YAML between two lines of "---"'],
    ['', '1:1 a profile begins with front matter: YAML between two lines of "---"'],
    ['\n---\nmode: daemon\n', '2:1 the front matter has no end; write a line of "---" behind it'],
  ])('%j', (text, said) => {
    const { root, problems, place } = readFrontMatter(text);
    expect(root).toBeUndefined();
    expect(
      problems.map(({ at, message }) => `${place(at).line}:${place(at).column} ${message}`),
    ).toEqual([said]);
  });
});
