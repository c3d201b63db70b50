import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { editorSchema } from '../../src/config/editor/schema.ts';
import type { SourceShape } from '../../src/flows/source-shape.ts';
import type { StepShape } from '../../src/flows/step-shape.ts';
import { readDocument } from '../../src/flows/parse/document.ts';
import { toValue } from '../../src/flows/parse/yaml-node.ts';
import { builtInSourceShapes } from '../../src/sources/shapes.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

const validate = compile(editorSchema());

function compile(schema: object): (value: unknown) => string[] {
  // Which keys belong together is said in a place of its own, which "strict" does not see.
  const formats = { uri: /^https?:\/\// };
  const check = new Ajv({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    formats,
  }).compile(schema);
  return (value) =>
    check(value)
      ? []
      : (check.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

const root = new URL('../../', import.meta.url);

function filesIn(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ya?ml|toml|json|md)(\.txt)?$/.test(path))
    .map((path) => `${folder}${path}`);
}

function valueOf(path: string): unknown {
  const text = readFileSync(new URL(path, root), 'utf8');
  const { root: node } = readDocument({ path: path.replace(/\.txt$/, ''), text });
  return node && toValue(node);
}

describe('the schema for editors takes what is valid', () => {
  const examples = filesIn('examples/').filter(
    (path) => /(signalbox|flows\/[^/]+)\.(ya?ml|toml|json)$/.test(path) && !/\.test\./.test(path),
  );

  test.each(examples)('%s', (path) => {
    expect(validate(valueOf(path))).toEqual([]);
  });

  /** Stands for what is not built yet, so that the form around it is proven by now. */
  const types = ['file_change', 'git_push', 'git_pr', 'webhook', 'schedule'];
  const later = compile(
    editorSchema({
      shapes: [
        ...builtInShapes.map(withLaterArguments),
        ...['prompt', 'tool', 'recipe'].filter(isNoKind).map((kind): StepShape => {
          const keys = ['action', 'path', 'since', 'channel', 'message', 'config'];
          const schema = z.looseObject({ [kind]: z.string() });
          return { kind, keys, effect: 'ask', timeoutMs: 1, schema };
        }),
      ],
      sourceShapes: [
        ...builtInSourceShapes,
        ...types.filter(isNoType).map((type): SourceShape => {
          const keys = ['path', 'pattern', 'events', 'debounce_ms', 'branches', 'secret', 'cron'];
          const schema = z.object(Object.fromEntries(keys.map((key) => [key, z.any().optional()])));
          const none = { secretKeys: [], emits: ['*'] };
          return { type, schema, nameOf: () => type, trustOf: () => 'trusted', ...none };
        }),
      ],
    }),
  );

  test.each(filesIn('test/fixtures/seed-003/').filter((path) => !path.includes('as-printed')))(
    'seed 003: %s',
    (path) => {
      expect(later(valueOf(path))).toEqual([]);
    },
  );
});

/** The arguments of tools that are not built yet. */
function withLaterArguments(shape: StepShape): StepShape {
  if (shape.kind !== 'tool') return shape;
  const keys = [...shape.keys, 'channel', 'message'];
  return { ...shape, keys, schema: z.looseObject({ tool: z.string() }) };
}

function isNoKind(kind: string): boolean {
  return !builtInShapes.some((shape) => shape.kind === kind);
}

function isNoType(type: string): boolean {
  return !builtInSourceShapes.some((shape) => shape.type === type);
}

describe('the schema takes each form', () => {
  test.each([
    '{}',
    'handlers:',
    'port: "${PORT:-1}"',
    'loop_budget: { runs: "${RUNS}", time: 1h }',
    'flows: { a: { on: x, emit: y } }',
    'flows: { a: { on: [x, { event: y, where: "true" }], emit: y, concurrency: 3 } }',
    'flows: { a: { on: x, concurrency: { limit: 1, on_full: drop }, emit: y } }',
    'flows: { a: { on: x, timeout: { total: 1h, queue: 5m }, steps: [ { emit: y } ] } }',
    'flows: { a: { on: x, batch: { size: 3 }, steps: [ { if: "true", then: [ { emit: y } ] } ] } }',
    'flows: { a: { on: x, each: "${{ payload.l }}", as: i, concurrency: 2, do: [ { call: b } ] } }',
    'flows: { a: { on: x, parallel: [ { sleep: 5m }, { run: [ls], timeout: 1s } ] } }',
    'handlers: { b: { call: c, data: { x: 1 }, detach: true } }',
    'handlers: { b: { http: { url: x }, effect: verify, verify: { http: { url: y } } } }',
    'hooks: { "event:received": [ ./a.mjs, { command: [a, b] } ] }',
  ])('%s', (text) => {
    expect(validate(parse(text))).toEqual([]);
  });
});

describe('the schema refuses a misspelt key and a wrong value', () => {
  test.each([
    'prot: 1',
    'port: x',
    'mode: deamon',
    'security: { http_alow: [] }',
    'flows: { a: { onn: x, emit: y } }',
    'flows: { a: { on: x, emit: y, dta: 1 } }',
    'flows: { a: { on: x, stepz: [] } }',
    'flows: { a: { on: x, steps: [ { emitt: y } ] } }',
    'flows: { a: { on: x, steps: [ { emit: y, cwd: . } ] } }',
    'flows: { a: { on: x, steps: [ { emit: y, retry: { atempts: 1 } } ] } }',
    'flows: { a: { on: x, steps: [ { run: [ls], timeot: 1s } ] } }',
    'flows: { a: { on: x, steps: [ { if: "true", then: [ { emit: y, x: 1 } ] } ] } }',
    'flows: { a: { on: x, steps: [ { parallel: [ { each: [1], d: [] } ] } ] } }',
    'flows: { a: { on: { evnt: x }, emit: y } }',
    'handlers: { a: { on: x, emit: y } }',
    'session: { orchestrator: { module: loop-evented } }',
    'orchestrators: [ { module: loop-event-driven, config: { prot: 1 } } ]',
    'profile: { nam: x }',
    'sources: [ { handler: a } ]',
    'sources: [ { type: nothing } ]',
  ])('%s', (text) => {
    expect(validate(parse(text))).not.toEqual([]);
  });
});
