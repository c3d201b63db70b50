import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withOwnTools } from '../../../src/steps/tools/own/shapes.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';
import type { Json } from '../../../src/std/json.ts';
import { until } from '../../server/until.ts';
import { opened } from './using-own-tools.ts';

const PACKAGE = new URL('../../../dist/index.js', import.meta.url).href;

const MODULE = `
import { TerminalError, RetryableError } from ${JSON.stringify(PACKAGE)};
import { appendFileSync } from 'node:fs';
export default async function compose({ name, ...rest }, { event, attempt, key, emit }) {
  switch (name) {
    case 'throws': throw new Error('no luck');
    case 'final': throw new TerminalError('never', { code: 'shop.closed' });
    case 'later': throw new RetryableError('busy', { afterMs: 5_000 });
    case 'odd': throw null;
    case 'exits': process.exit(7);
    case 'aborts': process.abort();
    case 'spins': appendFileSync('spinning', 'x'); for (;;);
    case 'wrong': return { text: 5 };
    case 'much': return { text: 'x'.repeat(2_000_000) };
    case 'circle': { const ring = {}; ring.ring = ring; return ring; }
    case 'deep': {
      let deep = [];
      for (let level = 0; level < 500; level++) deep = [deep];
      emit('composed', deep);
      return { text: 'hi' };
    }
    case 'silent': return { text: 'hi' };
    case 'strange': emit('other', {}); return { text: 'hi' };
    case 'unhandled': void Promise.reject(new Error('lost')); await new Promise(() => {});
  }
  console.log('{"text": "this is log"}');
  setInterval(() => {}, 1_000);
  emit('composed', { name }, 'letter');
  return { text: name + ' ' + event.type + ' ' + attempt + ' ' + key };
}
`;
const COMPOSE = `
tool: compose
module: ./compose.mjs
input: { name: string, more: 'any?' }
output: { text: string }
emits: [composed]
`;

const project = (): ReturnType<typeof opened> =>
  opened({ 'tools/compose.yaml': COMPOSE, 'tools/compose.mjs': MODULE });

test('a module gets its input, and gives its output and its events', async () => {
  expect(await project().use('compose', { name: 'Ada' })).toEqual({
    kind: 'done',
    output: { text: 'Ada test.happened 1 sb00000000-8/publish' },
    emits: [{ type: 'composed', data: { name: 'Ada' }, subject: 'letter' }],
  });
});

describe('what a module does wrong fails its attempt, and nothing else', () => {
  test.each([
    ['throws', 'retry', 'tool.threw', 'The tool compose failed: no luck'],
    ['odd', 'retry', 'tool.threw', 'The tool compose failed: null'],
    ['final', 'fail', 'shop.closed', 'never'],
    ['exits', 'retry', 'tool.crashed', 'with code 7 and gave no answer'],
    ['unhandled', 'retry', 'tool.crashed', 'with code 1'],
    ['aborts', 'retry', 'run.failed', 'was ended by SIGABRT'],
    ['wrong', 'fail', 'tool.output_invalid', '"text"'],
    ['much', 'fail', 'step.output_too_large', 'bytes'],
    ['circle', 'retry', 'tool.threw', 'circular'],
    ['deep', 'retry', 'tool.threw', 'nests deeper'],
    ['silent', 'fail', 'tool.emits_invalid', 'emitted nothing'],
    ['strange', 'fail', 'tool.emits_invalid', 'emitted "other"'],
  ])('%s', async (name, kind, code, message) => {
    const result = await project().use('compose', { name });
    expect(result).toMatchObject({ kind, error: { code, happened: 'maybe' } });
    expect('error' in result && result.error.message).toContain(message);
  });

  test('one that says when to come back is asked again then', async () => {
    const result = await project().use('compose', { name: 'later' });
    expect(result).toMatchObject({ kind: 'retry', afterMs: 5_000 });
  });

  test('one that never lets go is killed at its timeout', async () => {
    const { use, root } = project();
    const over = new AbortController();
    const result = use('compose', { name: 'spins' }, { signal: over.signal });
    await until(() => existsSync(join(root, 'spinning')) || undefined);
    over.abort();
    expect(await result).toMatchObject({ kind: 'retry', error: { code: 'run.failed' } });
  });
});

test('what is no input is refused before anything runs', async () => {
  const { use } = project();
  const wrong = await use('compose', { name: 5 });
  expect(wrong).toMatchObject({ kind: 'fail', error: { code: 'step.input_invalid' } });
  const strange = await use('compose', { name: 'a', nmae: 'b' });
  expect(strange).toMatchObject({ error: { message: expect.stringContaining('nmae') as string } });
});

test('no name of an argument reaches what objects have by birth', async () => {
  const { use } = opened({
    'tools/open.yaml': '{ tool: open, module: open.mjs, input: { type: object } }',
    'open.mjs':
      'export default (input) => [Object.keys(input), typeof input.polluted, ({}).polluted];',
  });
  const given = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') as Json;
  const result = await use('open', given);
  expect(result).toMatchObject({ kind: 'done', output: [expect.anything(), 'undefined', null] });
});

test('a tool of another catalog is none, and a built-in one goes on', async () => {
  const { use } = project();
  const builtIn = { kind: 'done', output: 'built in' };
  expect(await use('compose', { name: 'Ada' }, { catalog: 'c2' })).toEqual(builtIn);
  expect(await use('compose', { name: 'Ada' }, { catalog: undefined })).toEqual(builtIn);
  expect(await use('git', {})).toEqual(builtIn);
});

test('a module that has gone meanwhile fails the step and says which', async () => {
  const { use } = opened({ 'tools/compose.yaml': COMPOSE });
  const result = await use('compose', { name: 'Ada' });
  expect('error' in result && result.error.message).toContain('no file ./compose.mjs');
});

test('a module without a function fails for good', async () => {
  const files = { 'tools/a.yaml': '{ tool: a, module: a.mjs }', 'a.mjs': 'export const a = 1;' };
  const result = await opened(files).use('a', {});
  expect(result).toMatchObject({ kind: 'fail', error: { code: 'tool.threw' } });
});

test('a tool with the name of a built-in one takes its place', () => {
  const { tools } = opened({
    'tools/git.yaml': '{ tool: git, run: [x], input: { ref: string } }',
    'tools/fs.yaml': '{ tool: tool-filesystem, run: [x], timeout: 7m, risk: high }',
  });
  const shape = withOwnTools(builtInShapes, tools).find(({ kind }) => kind === 'tool');
  const read = (step: object): unknown => shape?.schema.safeParse(step).success;
  expect(read({ tool: 'git', ref: 'a' })).toBe(true);
  expect(read({ tool: 'git', action: 'log' })).toBe(false);
  expect(read({ tool: 'filesystem', action: 'list' })).toBe(true);
  const own = { tool: 'tool-filesystem', action: 'run', with: {} };
  expect([shape?.timeoutOf?.(own), shape?.effectOf?.(own)]).toEqual([420_000, 'ask']);
});

test('no two calls share anything', async () => {
  const files = {
    'tools/count.yaml': '{ tool: count, module: count.mjs }',
    'count.mjs': 'let n = 0; export default () => ++n;',
  };
  const { use, root } = opened(files);
  expect([await use('count', {}), await use('count', {})]).toMatchObject([
    { output: 1 },
    { output: 1 },
  ]);
  expect(readFileSync(join(root, 'count.mjs'), 'utf8')).toBe(files['count.mjs']);
});
