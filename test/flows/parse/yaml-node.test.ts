import { expect, test } from 'vitest';
import { readYaml } from '../../../src/flows/parse/yaml-document.ts';
import { keyPlaceAt, placeAt, toValue } from '../../../src/flows/parse/yaml-node.ts';

test('a path leads to a value and to its key, as far as it leads', () => {
  const { root, place } = readYaml('a:\n  - b: 1\n  - x\nc: {}\n');
  if (root === undefined) throw new Error('no YAML');
  const at = (offset: number): string => `${place(offset).line}:${place(offset).column}`;
  const paths = [[], ['a'], ['a', 0], ['a', 0, 'b'], ['a', 1, 'deeper'], ['a', 9], ['nope', 'x']];
  expect(paths.map((path) => at(placeAt(root, path)))).toEqual([
    '1:1',
    '2:3',
    '2:5',
    '2:8',
    '3:5',
    '2:3',
    '1:1',
  ]);
  expect(paths.map((path) => at(keyPlaceAt(root, path)))).toEqual([
    '1:1',
    '1:1',
    '2:5',
    '2:5',
    '3:5',
    '1:1',
    '1:1',
  ]);
});

test('each text can be replaced, with its place known', () => {
  const { root } = readYaml('{ a: x, b: [y, 1, null] }');
  if (root === undefined) throw new Error('no YAML');
  expect(toValue(root, (text, at) => `${text}@${at}`)).toEqual({ a: 'x@5', b: ['y@12', 1, null] });
});
