import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { SystemClock } from '../../src/std/clock.ts';
import type { Isolation } from '../../src/std/isolation/isolation.ts';
import type { Json } from '../../src/std/json.ts';
import { AttemptFolders } from '../../src/steps/attempt-folders.ts';
import { BuiltInSteps } from '../../src/steps/kinds.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { lives } from '../fixtures/processes.ts';
import { contextOf, EVENT } from '../fixtures/step-context.ts';
import { until } from '../fixtures/until.ts';

let owner: string;
let logged: string[];
let directory: string;
beforeEach(() => {
  owner = randomBytes(8).toString('hex');
  logged = [];
  directory = mkdtempSync(join(tmpdir(), 'kinds-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the built-in kinds are those whose shapes flows are read by', () => {
  const all = stepsOf([]).kinds.map(({ shape }) => shape);
  // What no file can say is what others stand for.
  const kinds = all.filter(({ kind }) => kind !== 'answer');
  expect(kinds).toEqual(builtInShapes);
  const names = kinds.map(({ kind }) => kind);
  expect(names).toEqual([
    'run',
    'tool',
    'http',
    'prompt',
    'emit',
    'notify',
    'sleep',
    'gate',
    'wait',
  ]);
});

test.each(builtInShapes)('$kind has a schema that editors can use', ({ kind, keys, schema }) => {
  const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-07' });
  expect(json).toMatchObject({
    additionalProperties: false,
    required: expect.arrayContaining([kind]) as unknown,
  });
  expect(Object.keys(json.properties ?? {}).toSorted()).toEqual([kind, ...keys].toSorted());
});

test('a daemon that starts ends what an earlier one left, and its own when it stops', async () => {
  const first = stepsOf([]);
  await first.start();
  const left = await execute(first, 'run', LEAVE);
  const pid = Number('output' in left ? left.output : 0);
  await new AttemptFolders({ owner }).create(EVENT);
  expect(lives(pid)).toBe(true);

  const second = stepsOf([]);
  await second.start();
  expect(logged).toContain('killed what steps of an earlier daemon left');
  expect(readdirSync(tmpdir()).filter((name) => name.includes(owner))).toEqual([]);
  await until(() => !lives(pid));

  const own = await execute(second, 'run', LEAVE);
  await second.stop();
  await until(() => !lives(Number('output' in own ? own.output : 0)));
  await first.stop();
});

test('what was not started can be stopped, and costs nothing', async () => {
  const steps = stepsOf([]);
  await steps.stop();
  await steps.stop();
  expect(logged).toEqual([]);
  expect(existsSync(directory)).toBe(true);
});

test('requests reach what the configuration allows', async () => {
  const target = await startTarget((response) => response.end('ok'));
  const steps = stepsOf([`127.0.0.1:${target.port}`]);
  const http = { method: 'GET', url: target.url };
  expect(await execute(steps, 'http', { http })).toMatchObject({ output: { body: 'ok' } });
  await steps.stop();
  await target.stop();
});

test('whatever is started for a step is isolated, git too', async () => {
  const log = join(directory, 'isolated');
  const script = `printf '%s\\n' "$1" >> '${log}'; exec "$@"`;
  const isolation: Isolation = {
    way: 'namespaces',
    wrap: (argv) => ['sh', '-c', script, 'isolation', ...argv],
    isFailure: () => false,
  };
  const steps = stepsOf([], isolation);
  await execute(steps, 'run', { run: ['git', 'init', '-q'] });
  const asked = await execute(steps, 'tool', { tool: 'git', action: 'status', with: {} });
  expect(asked).toMatchObject({ kind: 'done' });
  expect(new Set(readFileSync(log, 'utf8').trim().split('\n'))).toEqual(new Set(['git']));
  expect(readFileSync(log, 'utf8').match(/git/g)?.length).toBeGreaterThan(2);
  await steps.stop();
});

/** Leaves a process in a session of its own, and prints its number. */
const LEAVE = {
  run: [
    'sh',
    '-c',
    `setsid sh -c ': > "$0"; exec sleep 1000' "$0" > /dev/null 2>&1 & echo $!
      until [ -e "$0" ]; do :; done; rm "$0"`,
    'away',
  ],
};

function stepsOf(httpAllow: readonly string[], isolation?: Isolation): BuiltInSteps {
  const log = (message: string): unknown => logged.push(message);
  const logger = { info: log, warn: log, error: log };
  const clock = new SystemClock();
  const dataDirectory = join(directory, 'data');
  const parts = { owner, httpAllow, dataDirectory, models: {}, clock, logger, isolation };
  return new BuiltInSteps(parts);
}

async function execute(steps: BuiltInSteps, name: string, input: Json): Promise<StepResult> {
  const kind = steps.kinds.find(({ shape }) => shape.kind === name);
  if (kind === undefined) throw new Error(`There is no kind "${name}".`);
  return kind.execute(contextOf(input, { directory }));
}
