import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/events/event.ts';
import type { Emission, StepResult } from '../../../src/runs/step-kind.ts';
import type { Hearing, ToldEvent } from '../../../src/runs/tellings.ts';
import { lastObject } from '../../../src/steps/tools/own/command-print.ts';
import type { Json } from '../../../src/std/json.ts';
import { EVENT } from '../../fixtures/step-context.ts';
import { opened } from './using-own-tools.ts';

describe('a command', () => {
  const PRINT =
    'const m = process.env.MODE; const i = require("fs").readFileSync(0, "utf8");' +
    'const a = process.argv.slice(1); console.log("log");' +
    'console.log(JSON.stringify({ a, m, i: JSON.parse(i) }));';
  const stage = (more = ''): string =>
    `tool: stage\nrun: [node, -e, ${JSON.stringify(PRINT)}, "{input.files}", "n={input.n}"]\n` +
    `input: { files: array, n: integer }\n${more}`;

  test('gets a list as several arguments, its input, and gives its last object', async () => {
    const { use } = opened({ 'tools/stage.yaml': stage() });
    const input = { files: ['a', 'b $(c)'], n: 3 };
    expect(await use('stage', input)).toEqual({
      kind: 'done',
      output: { a: ['a', 'b $(c)', 'n=3'], m: 'automated', i: input },
    });
  });

  test('is told MODE=interactive where somebody started its chain to be asked', async () => {
    const { use } = opened({ 'tools/stage.yaml': stage() });
    const event = { ...EVENT, interactive: true } as const;
    const done = await use('stage', { files: [], n: 3 }, { event });
    expect(done).toMatchObject({ kind: 'done', output: { m: 'interactive' } });
    // A sender's own attribute of that name is a text.
    const sent: Event = { ...EVENT, ...({ interactive: 'true' } as object) };
    const plain = await use('stage', { files: [], n: 3 }, { event: sent });
    expect(plain).toMatchObject({ kind: 'done', output: { m: 'automated' } });
  });

  test('that prints much before its result, or what is no text, has one', async () => {
    const print = (text: string): string =>
      `run: [node, -e, ${JSON.stringify(`process.stdout.write(${text})`)}]`;
    const much = `'x'.repeat(10_485_760) + '\\n{"a":1}\\n'`;
    const bytes = `Buffer.concat([Buffer.from([255, 10]), Buffer.from('{"a":"\\ufffd"}')])`;
    const broken = `Buffer.concat([Buffer.from('{"a":"'), Buffer.from([255]), Buffer.from('"}')])`;
    const { use } = opened({
      'tools/much.yaml': `tool: much\n${print(much)}`,
      'tools/bytes.yaml': `tool: bytes\n${print(bytes)}`,
      'tools/broken.yaml': `tool: broken\n${print(broken)}`,
    });
    expect(await use('much', {})).toMatchObject({ kind: 'done', output: { a: 1 } });
    expect(await use('bytes', {})).toMatchObject({ kind: 'done', output: { a: '\ufffd' } });
    expect(await use('broken', {})).toMatchObject({ error: { code: 'tool.output_invalid' } });
  });

  test('gets what an event holds by the names of its input', async () => {
    const { use } = opened({ 'tools/stage.yaml': stage() });
    const answer = (given: Json): Promise<StepResult> => use('stage', given, { answers: true });
    const taken = await answer({ files: ['a'], n: 3, by: 'Ann' });
    expect(taken).toMatchObject({ kind: 'done', output: { i: { files: ['a'], n: 3 } } });
    const missing = await answer({ file: ['a'], n: 3 });
    expect('error' in missing && missing.error.message).toBe(
      'stage cannot answer "test.happened": "file": stage run has no such argument, did you ' +
        'mean "files"? Its contract is {"files":"array","n":"integer"}; the event holds ' +
        '{"file":["a"],"n":3}.',
    );
    expect(await answer(null)).toMatchObject({ error: { code: 'step.input_invalid' } });
    expect(await answer([1])).toMatchObject({ error: { code: 'step.input_invalid' } });
  });

  test('says which events come next, unless it failed or broke its contract', async () => {
    const says = (name: string, said: object, more = ''): Record<string, string> => ({
      [`tools/${name}.yaml`]: `tool: ${name}\nrun: [echo, '${JSON.stringify(said)}']\n${more}`,
    });
    const next = { status: 'success', n: 2, next_events: ['a', { type: 'b', data: 1 }] };
    const { use } = opened({
      ...says('ok', next, 'output: { n: integer }'),
      ...says('wrong', { ...next, n: 'two' }, 'output: { n: integer }'),
      ...says('said', { ...next, status: 'error', message: 'no luck' }),
      ...says('odd', { next_events: 5 }),
      ...says('none', { n: 1 }, 'emits: [files_staged]'),
      ...says('told', { next_events: ['a'] }, 'emits: [a]'),
    });
    expect(await use('ok', {})).toEqual({
      kind: 'done',
      output: next,
      emits: [
        { type: 'a', data: { n: 2 } },
        { type: 'b', data: 1 },
      ],
    });
    const wrong = await use('wrong', {});
    expect(wrong).toMatchObject({ kind: 'fail', error: { code: 'tool.output_invalid' } });
    expect('error' in wrong && wrong.error.message).toContain(
      'Its contract is {"n":"integer"}; it gave {"n":"two"}.',
    );
    const said = await use('said', {});
    expect(said).toMatchObject({ kind: 'fail', error: { code: 'tool.failed' } });
    expect('error' in said && said.error.message).toContain('no luck');
    expect(await use('odd', {})).toMatchObject({ error: { code: 'tool.output_invalid' } });
    expect(await use('none', {})).toMatchObject({ error: { code: 'tool.emits_invalid' } });
    expect(await use('told', {})).toMatchObject({ kind: 'done' });
  });

  describe('emits events by emit_event, which bash finds in its environment', () => {
    const told: Emission[] = [];
    const hearing = (events: readonly ToldEvent[] = []): Hearing => ({
      events,
      tell: async (emissions) => {
        told.push(...emissions);
        return emissions.map(({ type }, index) => ({ seq: 40 + index, type }));
      },
      end: () => {},
    });
    const bash = (script: string, more = ''): ReturnType<typeof opened> => {
      told.length = 0;
      const run = JSON.stringify(['bash', '-c', script]);
      return opened({ 'tools/stage.yaml': `tool: stage\nrun: ${run}\n${more}` });
    };
    const words = { operation: 'stage', context: '', payload: "it's | a\n\\file" };

    test('and what comes next is caused by the last of them', async () => {
      const script =
        `emit_event files_staged stage '' $'it\\'s | a\\n\\\\file'; ` +
        `echo '{"next_events":["commit_requested"]}'`;
      const { use } = bash(script, 'emits: [files_staged]');
      expect(await use('stage', {}, { hear: () => hearing() })).toMatchObject({
        kind: 'done',
        emits: [{ type: 'commit_requested', answers: 40 }],
      });
      expect(told).toEqual([{ type: 'files_staged', data: words }]);
      const alone = await use('stage', {});
      expect(alone).toMatchObject({
        emits: [{ type: 'files_staged', data: words }, { type: 'commit_requested' }],
      });
      const sent = [{ seq: 9, type: 'files_staged' }];
      const { use: other } = bash(`echo '{"next_events":["c"]}'`, 'emits: [files_staged]');
      const result = await other('stage', {}, { hear: () => hearing(sent) });
      expect(result).toMatchObject({ emits: [{ type: 'c', answers: 9 }] });
    });

    test('and an error among them fails the call, and nothing after it is recorded', async () => {
      const { use } = bash(
        `emit_event a; emit_event error git_state_invalid; emit_event files_staged; ` +
          `echo '{"status":"success","next_events":["commit_requested"]}'`,
      );
      expect(await use('stage', {}, { hear: () => hearing() })).toEqual({
        kind: 'fail',
        error: {
          code: 'tool.failed',
          happened: 'maybe',
          message:
            'The tool stage emitted "error": git_state_invalid; not recorded, as it came after ' +
            'that: "files_staged".',
        },
      });
      expect(told.map(({ type }) => type)).toEqual(['a', 'error']);
      const { use: other } = bash('exit 1');
      const sent = [{ seq: 9, type: 'error' }];
      const result = await other('stage', {}, { hear: () => hearing(sent) });
      expect(result).toMatchObject({ kind: 'fail', error: { code: 'tool.failed' } });
    });

    test('and one that "emits" does not list fails it, and so does what is no event', async () => {
      const emits = 'emits: [files_staged]';
      const strange = await bash('emit_event other', emits).use('stage', {});
      expect(strange).toMatchObject({ error: { code: 'tool.emits_invalid' } });
      for (const script of [
        'echo none >> "$SIGNALBOX_EVENT_LOG"',
        'emit_event run.started',
        'for n in {1..1001}; do echo \'{"type":"x"}\'; done >> "$SIGNALBOX_EVENT_LOG"',
        'printf %2000000s > "$SIGNALBOX_EVENT_LOG"',
      ]) {
        const wrong = await bash(script).use('stage', {}, { hear: () => hearing() });
        expect(wrong).toMatchObject({ kind: 'fail', error: { code: 'tool.emits_invalid' } });
      }
      expect(told).toEqual([]);
      expect(await bash('mkdir "$SIGNALBOX_EVENT_LOG"').use('stage', {})).toMatchObject({
        kind: 'done',
      });
    });
  });

  test('is checked by commands too, which must exit with 0', async () => {
    const check = (code: string): string => `{ command: [node, -e, ${JSON.stringify(code)}] }`;
    const isLong =
      'const given = JSON.parse(require("fs").readFileSync(0)); ' +
      'if (given.input.files.length < 2) throw new Error("too few")';
    const { use } = opened({
      'tools/stage.yaml': stage(
        `pre: ${check(isLong)}\npost: [{ command: [test, "{input.n}", -eq, "3"] }]`,
      ),
    });
    const few = await use('stage', { files: ['a'], n: 3 });
    expect(few).toMatchObject({ kind: 'fail', error: { code: 'tool.pre_failed', happened: 'no' } });
    expect('error' in few && few.error.detail).toContain('too few');
    expect(await use('stage', { files: ['a', 'b'], n: 3 })).toMatchObject({ kind: 'done' });
    const other = await use('stage', { files: ['a', 'b'], n: 4 });
    expect(other).toMatchObject({ error: { code: 'tool.post_failed', happened: 'maybe' } });
  });

  test('is not called where "pre" does not hold, and fails where "post" does not', async () => {
    const { use } = opened({
      'tools/stage.yaml': stage('pre: size(input.files) > 0\npost: [output.i.n == 3, output.none]'),
    });
    const before = await use('stage', { files: [], n: 3 });
    expect(before).toMatchObject({ error: { code: 'tool.pre_failed', happened: 'no' } });
    const after = await use('stage', { files: ['a'], n: 4 });
    expect(after).toMatchObject({ error: { code: 'tool.post_failed', happened: 'maybe' } });
    expect('error' in after && after.error.message).toContain('output.i.n == 3');
    const unknown = await use('stage', { files: ['a'], n: 3 });
    expect(unknown).toMatchObject({ error: { code: 'tool.post_failed' } });
  });

  test('that prints no object has no result where one is declared', async () => {
    const { use } = opened({
      'tools/a.yaml': '{ tool: a, run: [echo, hello], output: { type: object } }',
      'tools/b.yaml': '{ tool: b, run: [echo, hello] }',
      'tools/c.yaml': '{ tool: c, run: [node, -e, "process.exit(4)"], output: { type: object } }',
    });
    expect(await use('a', {})).toMatchObject({ error: { code: 'tool.output_invalid' } });
    expect(await use('b', {})).toEqual({ kind: 'done', output: 'hello' });
    expect(await use('c', {})).toMatchObject({ kind: 'retry', error: { status: 4 } });
  });
});

test.each<readonly [string, Json | undefined]>([
  ['log\n{"a":1}\n', { a: 1 }],
  ['{"a":1}\n{"a":2}\nDone.\n', { a: 2 }],
  ['{\n  "a": 1,\n  "b": "}\\""\n}\nbye { it is\n{ a: 1 }', { a: 1, b: '}"' }],
  [`${'{\n'.repeat(9_000)}{"a":{"b":1}}`, { a: { b: 1 } }],
  ['{"a":"\n"}', undefined],
  ['{"a":1}\n{"b":[\n {"c":2}\n]}\n\n', { b: [{ c: 2 }] }],
  ['{"a":1} tail', undefined],
  ['nothing }', undefined],
  ['', undefined],
  ['[1]', undefined],
  [`${'x\n'.repeat(1_100)}}`, undefined],
])('the last object of a print is found: %#', (print, object) => {
  expect(lastObject(print)?.value).toEqual(object);
});
