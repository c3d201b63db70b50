import { expect, test } from 'vitest';
import { FILE_ENDINGS } from '../../../src/flows/file-endings.ts';
import { readDocument } from '../../../src/flows/parse/document.ts';
import { toValue } from '../../../src/flows/parse/yaml-node.ts';

const TEXTS: Readonly<Record<(typeof FILE_ENDINGS)[number], string>> = {
  '.yaml': 'flows: { a: { on: x } }',
  '.yml': 'flows: { a: { on: x } }',
  '.toml': 'flows.a.on = "x"',
  '.json': '{ "flows": { "a": { "on": "x" } } }',
  '.md': '---\nflows: { a: { on: x } }\n---\n# Notes\n',
};

test.each(FILE_ENDINGS)('a file that ends in %s is read as what that says', (ending) => {
  const { root, problems } = readDocument({ path: `flows/a${ending}`, text: TEXTS[ending] });
  expect(problems).toEqual([]);
  expect(root && toValue(root)).toEqual({ flows: { a: { on: 'x' } } });
});
