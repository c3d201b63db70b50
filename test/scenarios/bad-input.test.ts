import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { makeFolder, type Ready, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

describe('a configuration with', () => {
  const FLOW = '    on: a.b\n    steps: [{ emit: c.d }]\n';
  const ROWS: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'flows:\n  a: [on: {\n', /^signalbox\.yaml:3:\d+: error: .*\[config\.syntax\]/m],
    ['a tab', 'flows:\n\ta: {}\n', /^signalbox\.yaml:2:1: error: .*tab.*\[config\.syntax\]/m],
    [
      'an unknown key',
      `flow:\n  a:\n${FLOW}`,
      /^signalbox\.yaml:1:1: error: .*"flow".*did you mean "flows"\?.*\[config\.unknown_key\]/m,
    ],
    [
      'an unknown key in a step',
      'flows:\n  a: { on: a.b, steps: [{ emitt: c.d }] }\n',
      /^signalbox\.yaml:2:\d+: error: .*no kind, did you mean "emit"\?/m,
    ],
    [
      'the same key twice',
      `flows:\n  a:\n${FLOW}  a:\n${FLOW}`,
      /^signalbox\.yaml:5:3: error: .*\[config\.duplicate_key\]/m,
    ],
    [
      'a name that nothing defines',
      'flows:\n  a: { on: a.b, steps: [{ run: [echo, "{paylod.x}"] }] }\n',
      /^signalbox\.yaml:2:\d+: error: .*did you mean "payload"\?.*\[config\.unknown_name\]/m,
    ],
    [
      'a variable that is not set',
      'flows:\n  a: { on: a.b, steps: [{ run: [echo, "${NOT_SET_ANYWHERE}"] }] }\n',
      /^signalbox\.yaml:2:\d+: error: .*NOT_SET_ANYWHERE.*\[config\.unset\]/m,
    ],
    [
      'a condition that is no CEL',
      'flows:\n  a: { on: { event: a.b, where: "event.data. == 1" }, steps: [{ emit: c.d }] }\n',
      /^signalbox\.yaml:2:\d+: error: .*\[expression\.invalid\]/m,
    ],
    [
      'a value of the wrong kind',
      'max_concurrent_handlers: many\nflows: {}\n',
      /^signalbox\.yaml:1:\d+: error: .*max_concurrent_handlers.*number.*\[config\.invalid\]/m,
    ],
    [
      'aliases of aliases',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefgh'.split('').map((name, i) => {
          const before = 'abcdefgh'[i];
          return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
        }),
      ].join('\n'),
      /^signalbox\.yaml:\d+:\d+: error: .*\[config\.limit\]/m,
    ],
  ];

  test.each(ROWS)('%s starts nothing, and is told its place', async (_, yaml, says) => {
    const folder = makeFolder({ 'signalbox.yaml': yaml });
    const { code, stdout, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(existsSync(join(folder, '.signalbox'))).toBe(false);
  });
});

interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

interface Refusal {
  readonly status: number | undefined;
  readonly problem: { readonly code?: string; readonly detail?: string };
}

async function post(
  { url, token_file: file }: Ready,
  { headers = {}, body }: Question,
): Promise<Refusal> {
  const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`;
  const sent = request(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
  });
  sent.end(body);
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const read = text(answer).then((problem) => JSON.parse(problem) as Refusal['problem']);
      read.then((problem) => resolve({ status: answer.statusCode, problem }), reject);
    });
  });
}

const json = JSON.stringify;
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** What is sent, and how it is refused. */
const BAD_EVENTS: Readonly<Record<string, readonly [Question, number, string, RegExp]>> = {
  'no JSON': [{ body: '{"type": "a.b",}' }, 400, 'json.invalid', /line 1, column 16|position 15/],
  nothing: [{ body: '' }, 400, 'json.invalid', /.+/],
  'a list': [{ body: '[]' }, 400, 'event.invalid', /object/],
  'no type': [{ body: json({ data: 1 }) }, 400, 'event.invalid', /"type"/],
  'a type of ours': [{ body: json({ type: 'run.started' }) }, 400, 'event.invalid', /run\.started/],
  'our source': [
    { body: json({ type: 'a.b', source: 'signalbox' }) },
    400,
    'event.invalid',
    /source/,
  ],
  'a number as its id': [{ body: json({ type: 'a.b', id: 7 }) }, 400, 'event.invalid', /"id"/],
  'too many levels': [{ body: `{"type":"a.b","data":${deep(65)}}` }, 400, 'json.too_deep', /64/],
  '200,000 levels': [
    { body: `{"type":"a.b","data":${deep(200_000)}}` },
    400,
    'json.too_deep',
    /64/,
  ],
  'too much': [
    { body: json({ type: 'a.b', data: 'x'.repeat(1_100_000) }) },
    413,
    'request.too_large',
    /large/,
  ],
  'another content type': [
    { headers: { 'content-type': 'text/plain' }, body: '{"type":"a.b"}' },
    415,
    'request.media_type',
    /application\/json/,
  ],
  'compressed content': [
    { headers: { 'content-encoding': 'gzip' }, body: '{"type":"a.b"}' },
    415,
    'request.media_type',
    /.+/,
  ],
  'bytes that are no UTF-8': [
    { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) },
    400,
    'request.not_utf8',
    /UTF-8/,
  ],
  'a wrong token': [
    { headers: { authorization: 'Bearer wrong' }, body: '{"type":"a.b"}' },
    401,
    'auth.wrong',
    /token/,
  ],
};

describe('an event', () => {
  test('that cannot be taken is refused with its reason, and nothing else changes', async () => {
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const before = await client.quiet();
    for (const [name, [question, status, code, says]] of Object.entries(BAD_EVENTS)) {
      const refusal = await post(daemon.ready, question);
      const detail = expect.stringMatching(says) as string;
      expect({ name, ...refusal }).toMatchObject({ name, status, problem: { code, detail } });
    }
    const strangers = Object.values(BAD_EVENTS).filter(([, status]) => status === 401).length;
    await until(async () => (await client.events('auth.failed')).length === strangers || undefined);
    const { events } = await client.quiet();
    expect(events).toBe(before.events + strangers);
    expect(await client.emit({ type: 'a.b' })).toMatchObject({ seq: events + 1 });
    expect(await daemon.end()).toBe(0);
  });

  test('with the id of another is refused, and the first one stands', async () => {
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const first = await client.emit({ type: 'a.b', id: 'one', data: 1 });
    const { status, problem } = await post(daemon.ready, {
      body: json({ type: 'a.b', id: 'one', data: 2 }),
    });
    expect({ status, ...problem }).toMatchObject({
      status: 409,
      code: 'event.conflict',
      seq: first?.seq,
    });
    expect(problem.detail).toMatch(/"one".*seq \d+; give a new id/);
    const emit = ['emit', 'a.b', '--source', 'here', '--id', 'one', '--data'];
    expect((await signalbox(folder, [...emit, '1'])).code).toBe(0);
    const told = await signalbox(folder, [...emit, '2']);
    expect(told.code).toBe(1);
    expect(told.stderr).toMatch(/"one" is in the log with other content.*use another id/);
    expect((await client.events('a.b')).map(({ data }) => data)).toEqual([1, 1]);
    expect(await daemon.end()).toBe(0);
  });
});

describe('emit', () => {
  const ROWS: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['data that is no JSON', ['a.b', '--data', '{"x": }'], '', /--data.*line 1|JSON/],
    ['no type', [], '', /TYPE/],
    ['a type of ours', ['run.started'], '', /run\.started/],
    ['a file that is not there', ['a.b', '--data', '@nowhere.json'], '', /nowhere\.json/],
    ['a line that is no JSON', ['-'], '{"type":"a.b"}\n{"type":\n', /line 2/],
  ];

  test.each(ROWS)('with %s says what is wrong', async (_, words, input, says) => {
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
    const { code, stderr } = await signalbox(folder, ['emit', ...words], { input });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('should not have happened');
    expect([1, 2]).toContain(code);
  });
});
