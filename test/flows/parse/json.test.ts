import { expect, test } from 'vitest';
import { readDocument } from '../../../src/flows/parse/document.ts';
import { toValue } from '../../../src/flows/parse/yaml-node.ts';

function read(text: string): { value: unknown; problems: string[] } {
  const { root, problems, place } = readDocument({ path: 'signalbox.json', text });
  return {
    value: root && toValue(root),
    problems: problems.map(({ at, message }) => `${place(at).line}:${place(at).column} ${message}`),
  };
}

test('JSON is read as it is, whatever it is indented with', () => {
  const value = {
    flows: { 'a b': { on: 'x', steps: [{ emit: 'y', data: { n: -1.5e3, t: true, z: null } }] } },
    text: 'tab\t quote " slash / line\n é 😀 \u2028',
    'number-like': '012',
    empty: [{}, [], ''],
  };
  for (const indent of [0, 2, '\t']) {
    const text = JSON.stringify(value, null, indent);
    expect(read(text)).toEqual({ value, problems: [] });
    expect(
      read(text.replaceAll('/', String.raw`\/`).replace('😀', String.raw`\ud83d\ude00`)),
    ).toEqual({ value, problems: [] });
  }
});

test('a key that stands twice is refused, and so is nesting that no file needs', () => {
  expect(read('{\n  "a": 1,\n  "a": 2\n}').problems).toEqual([
    '3:3 the key "a" stands twice in this mapping; remove one',
  ]);
  expect(read('['.repeat(100_000)).problems).toEqual([
    expect.stringContaining('the file nests deeper than 64 levels here; flatten it'),
  ]);
});

test.each([
  ['{\n  "a": 1,\n}', '3:1'],
  ['{"a": [1,]}', '1:9'],
  ['{"a": 1} # why', '1:10'],
  ['a: 1', '1:1'],
])('%j is YAML and no JSON', (text, place) => {
  const rules = 'it has no comments, quotes each key, and has no comma before a } or ]';
  const remedy = "correct it, or end the file's name in .yaml";
  expect(read(text).problems).toEqual([`${place} this is no JSON: ${rules}; ${remedy}`]);
});

test('an empty file is nothing wrong', () => {
  expect(read('\n').problems).toEqual([]);
});
