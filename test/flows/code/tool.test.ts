import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { tool, toolFileOf } from '../../../src/flows/code/tool.ts';

test('a tool in code is the file that it would have', () => {
  const made = tool('compose', { input: { name: 'string' }, module: './compose.mjs' });
  const file = { tool: 'compose', input: { name: 'string' }, module: './compose.mjs' };
  expect(JSON.parse(toolFileOf(made))).toEqual(file);
  expect(toolFileOf(made).startsWith('{\n "tool"')).toBe(true);
});

test('a module may be named by its URL', () => {
  const { document } = tool('a', { module: pathToFileURL('/code/a b.mjs') });
  expect(document).toEqual({ module: '/code/a b.mjs' });
});

test('a function is no tool', () => {
  const settings = { run: [(): void => {}] } as unknown as { run: readonly string[] };
  expect(() => tool('a', settings)).toThrow('The tool "a".run[0] is nothing that a file can hold');
});
