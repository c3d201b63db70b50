import { describe, expect, test } from 'vitest';
import { DEFAULT_SOURCE, EXTENSIONS_MAX } from '../../src/events/attributes.ts';
import {
  BATCH_LENGTH_MAX,
  type EventForm,
  formOf,
  readEvents,
  type RequestHeaders,
} from '../../src/events/cloudevents.ts';
import type { EventDraft } from '../../src/events/event.ts';
import { SignalboxError } from '../../src/std/errors.ts';

const PUSHED = {
  specversion: '1.0',
  id: 'e-1',
  source: 'git:api',
  type: 'git.pushed',
  subject: 'main',
  time: '2026-11-20T09:00:00Z',
};

function read(form: EventForm, body: unknown, headers: RequestHeaders = {}): EventDraft {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [draft, ...more] = readEvents(form, headers, text);
  if (draft === undefined || more.length > 0) throw new Error('expected one event');
  return draft;
}

function refusal(form: EventForm, body: unknown, headers: RequestHeaders = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  try {
    readEvents(form, headers, text);
  } catch (error) {
    if (error instanceof SignalboxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('the form of a request', () => {
  test.each<[string, RequestHeaders, EventForm | undefined]>([
    ['structured', { 'content-type': 'application/cloudevents+json' }, 'structured'],
    [
      'structured, in capitals, with a charset',
      { 'content-type': 'Application/CloudEvents+JSON; charset=UTF-8' },
      'structured',
    ],
    ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, 'batch'],
    ['binary with JSON', { 'content-type': 'application/json', 'ce-type': 'a' }, 'binary'],
    [
      'binary with a JSON dialect',
      { 'content-type': 'application/vnd.github+json', 'ce-specversion': '1.0' },
      'binary',
    ],
    ['binary with text', { 'content-type': 'text/plain', 'ce-type': 'a' }, 'binary'],
    ['binary without a body', { 'ce-type': 'a' }, 'binary'],
    ['plain', { 'content-type': 'application/json' }, 'plain'],
    ['a form of a browser', { 'content-type': 'application/x-www-form-urlencoded' }, undefined],
    ['text that a browser may send anywhere', { 'content-type': 'text/plain' }, undefined],
    ['a JSON dialect without ce- headers', { 'content-type': 'application/ld+json' }, undefined],
    ['binary with an image', { 'content-type': 'image/png', 'ce-type': 'a' }, undefined],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, undefined],
    ['no content type', {}, undefined],
  ])('%s', (_, headers, form) => {
    expect(formOf(headers)).toBe(form);
  });
});

describe('structured', () => {
  test('has every attribute and the payload', () => {
    expect(read('structured', { ...PUSHED, data: { n: 1 } })).toMatchObject({
      id: 'e-1',
      source: 'git:api',
      type: 'git.pushed',
      subject: 'main',
      time: '2026-11-20T09:00:00Z',
      data: '{"n":1}',
    });
  });

  test('keeps the payload byte for byte', () => {
    const payload = '{"n": 12345678901234567890.10}';
    const body = `${JSON.stringify(PUSHED).slice(0, -1)}, "data" : ${payload} }`;
    expect(read('structured', body).data).toBe(payload);
  });

  test('has no payload as null', () => {
    expect(read('structured', PUSHED).data).toBe('null');
  });

  test('takes an attribute that is null for one that is missing', () => {
    expect(read('structured', { ...PUSHED, subject: null }).subject).toBeUndefined();
  });

  test('keeps attributes that are not ours, as texts', () => {
    const draft = read('structured', { ...PUSHED, traceparent: '00-ab', attempt: 3, dry: true });
    expect(draft.extensions).toEqual({ traceparent: '00-ab', attempt: '3', dry: 'true' });
  });

  test('reads the correlation, the actor and the trust as attributes of ours', () => {
    const draft = read('structured', {
      ...PUSHED,
      correlationid: 'c',
      actor: 'ada',
      trust: 'untrusted',
    });
    expect(draft).toMatchObject({ correlationid: 'c', actor: 'ada', trust: 'untrusted' });
    expect(draft.extensions).toBeUndefined();
  });

  test('reads that an event was imported, and only that', () => {
    expect(read('structured', { ...PUSHED, imported: true })).toMatchObject({ imported: true });
    expect(read('structured', PUSHED).imported).toBeUndefined();
  });

  test.each(['specversion', 'type', 'source', 'id'])('names "%s" where it is missing', (name) => {
    expect(refusal('structured', { ...PUSHED, [name]: undefined })).toContain(
      `event.invalid: "${name}" is missing`,
    );
  });

  test.each<[string, object, string]>([
    ['an older specversion', { specversion: '0.3' }, '"specversion" is "0.3"; only "1.0" is read'],
    ['a type that is a number', { type: 5 }, '"type" must be a text'],
    ['an empty type', { type: '' }, '"type" is empty'],
    ['a line break in a source', { source: 'a\nb' }, '"source" holds a control character'],
    ['a time that is none', { time: 'yesterday' }, '"time" is not a date'],
    ['our own source', { source: 'signalbox' }, '"source" may not be "signalbox"'],
    ['a type that only we record', { type: 'run.started' }, '"type" may not be "run.started"'],
    ['a type of our name', { type: 'signalbox.halt' }, '"type" may not be "signalbox.halt"'],
    ['a seq', { seq: 7 }, '"seq" is given by the log'],
    ['hops', { hops: 0 }, '"hops" is given by the log'],
    ['the id of a request', { requestid: 'x' }, '"requestid" is given by the log'],
    ['what it would repeat', { replayof: 'x' }, '"replayof" is given by the log'],
    ['who would repeat it', { replayedby: 'owner' }, '"replayedby" is given by the log'],
    ['an event that is half imported', { imported: 'half' }, '"imported" is "half"'],
    ['an event that is not imported', { imported: false }, '"imported" must be a text'],
    ['an unknown trust', { trust: 'full' }, '"trust" is "full"'],
    ['a name in capitals', { traceParent: 'x' }, '"traceParent" is no attribute'],
    ['an extension that is an object', { payload: {} }, '"payload" must be a text, a whole number'],
    ['an extension that is a fraction', { ratio: 0.5 }, '"ratio" must be a text'],
    ['a long extension', { x: 'x'.repeat(1_025) }, '"x" has 1025 characters'],
    ['an empty extension', { x: '' }, '"x" is empty'],
    ['an extension with a control character', { x: 'a\u0007' }, '"x" holds a control character'],
    ['an extension with half a character', { x: '\ud800' }, '"x" holds half of a character'],
    ['a long data schema', { dataschema: 'x'.repeat(1_025) }, '"dataschema" has 1025 characters'],
  ])('refuses %s', (_, change, problem) => {
    expect(refusal('structured', { ...PUSHED, ...change })).toContain(`event.invalid: ${problem}`);
  });

  test('refuses more attributes than are allowed', () => {
    const extra = Array.from({ length: EXTENSIONS_MAX + 1 }, (_, i) => [`x${i}`, 'y'] as const);
    expect(refusal('structured', { ...PUSHED, ...Object.fromEntries(extra) })).toContain(
      'At most 32',
    );
  });

  test('keeps "constructor" as an attribute like any other', () => {
    const draft = read('structured', { ...PUSHED, constructor: 'x' });
    expect(draft.extensions).toEqual({ constructor: 'x' });
  });

  test('does nothing for "__proto__", as an attribute or within the payload', () => {
    const body = (member: string) => `${JSON.stringify(PUSHED).slice(0, -1)},${member}}`;
    expect(refusal('structured', body('"__proto__":"x"'))).toContain('"__proto__" is no attribute');
    const payload = '{"__proto__":{"polluted":1}}';
    expect(read('structured', body(`"data":${payload}`)).data).toBe(payload);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('refuses what is no JSON, and what nests too deep', () => {
    expect(refusal('structured', '{"type":')).toContain('json.invalid');
    expect(refusal('structured', '['.repeat(200_000))).toContain('json.too_deep');
  });

  test.each(['1', 'null', '"x"', '[]'])('refuses %s for an event', (body) => {
    expect(refusal('structured', body)).toContain('event.invalid: An event is a JSON object');
  });
});

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('data_base64', () => {
  test('is decoded where it holds JSON', () => {
    expect(read('structured', { ...PUSHED, data_base64: encode('{"n":1.0}') }).data).toBe(
      '{"n":1.0}',
    );
  });

  test('is decoded where it holds text', () => {
    const draft = read('structured', {
      ...PUSHED,
      datacontenttype: 'text/plain',
      data_base64: encode('grüß "Gott"'),
    });
    expect(draft).toMatchObject({ data: '"grüß \\"Gott\\""', datacontenttype: 'text/plain' });
  });

  test.each<[string, object, string]>([
    [
      'bytes',
      { datacontenttype: 'image/png', data_base64: encode('x') },
      'Only JSON and text can be recorded',
    ],
    ['what is not base 64', { data_base64: '*' }, 'not a text in base 64'],
    ['what stands beside data', { data: 1, data_base64: encode('1') }, 'exclude each other'],
  ])('is refused for %s', (_, change, problem) => {
    expect(refusal('structured', { ...PUSHED, ...change })).toContain(problem);
  });

  test('is refused where it decodes to no JSON', () => {
    expect(refusal('structured', { ...PUSHED, data_base64: encode('{') })).toContain(
      'json.invalid',
    );
  });
});

describe('plain', () => {
  test('needs a type alone', () => {
    expect(read('plain', { type: 'changes_detected' })).toMatchObject({
      type: 'changes_detected',
      source: DEFAULT_SOURCE,
      id: undefined,
      data: 'null',
    });
  });

  test('takes what else is given', () => {
    const draft = read('plain', { ...PUSHED, data: [1], reason: 'test' });
    expect(draft).toMatchObject({
      source: 'git:api',
      id: 'e-1',
      data: '[1]',
      extensions: { reason: 'test' },
    });
  });

  test('says where a list belongs', () => {
    expect(refusal('plain', [{ type: 'a' }])).toContain('application/cloudevents-batch+json');
  });

  test('says where a payload belongs', () => {
    expect(refusal('plain', { type: 'a', payload: { n: 1 } })).toContain(
      'Payload belongs in "data"',
    );
  });
});

describe('Idempotency-Key', () => {
  test('is the id where none is given', () => {
    expect(read('plain', { type: 'a' }, { 'idempotency-key': 'k-1' }).id).toBe('k-1');
    expect(read('plain', { type: 'a' }, { 'idempotency-key': '"k-1"' }).id).toBe('k-1');
  });

  test('gives way to an id', () => {
    expect(read('structured', PUSHED, { 'idempotency-key': 'k-1' }).id).toBe('e-1');
  });

  test('may not stand there twice', () => {
    expect(refusal('plain', { type: 'a' }, { 'idempotency-key': ['a', 'b'] })).toContain('twice');
  });

  test('gives each event of a batch an id of its own', () => {
    const body = JSON.stringify([
      { ...PUSHED, id: undefined },
      PUSHED,
      { ...PUSHED, id: undefined },
    ]);
    const drafts = readEvents('batch', { 'idempotency-key': 'k' }, body);
    expect(drafts.map((draft) => draft.id)).toEqual(['k/0', 'e-1', 'k/2']);
  });
});

describe('batch', () => {
  test('is read in order, each payload as it was written', () => {
    const events = [1, { a: [1, '],'] }].map((data) => JSON.stringify({ ...PUSHED, data }));
    const body = `[ ${events.join(' , ')} ]`;
    expect(readEvents('batch', {}, body).map((draft) => draft.data)).toEqual([
      '1',
      '{"a":[1,"],"]}',
    ]);
  });

  test('may be empty', () => {
    expect(readEvents('batch', {}, '[]')).toEqual([]);
  });

  test('is refused whole where one event is bad, and says which', () => {
    expect(refusal('batch', [PUSHED, { ...PUSHED, type: '' }])).toContain(
      'event.invalid: Event 1: "type" is empty',
    );
    expect(refusal('batch', [PUSHED, 7])).toContain(
      'event.invalid: Event 1: An event is a JSON object',
    );
  });

  test('is refused where it is no list, or too long', () => {
    expect(refusal('batch', PUSHED)).toContain('A batch is a JSON list');
    expect(
      refusal(
        'batch',
        Array.from({ length: BATCH_LENGTH_MAX + 1 }, () => PUSHED),
      ),
    ).toContain('send at most 1000');
  });
});

describe('binary', () => {
  const headers = {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'e-1',
    'ce-source': 'git:api',
    'ce-type': 'git.pushed',
  };

  test('has the attributes in headers and the payload as the body', () => {
    const draft = read('binary', '{ "n": 1.0 }', {
      ...headers,
      'ce-subject': 'main',
      'ce-traceparent': '00-ab',
      accept: '*/*',
    });
    expect(draft).toMatchObject({
      type: 'git.pushed',
      subject: 'main',
      extensions: { traceparent: '00-ab' },
    });
    expect(draft.data).toBe('{ "n": 1.0 }');
    expect(draft.datacontenttype).toBeUndefined();
  });

  test('decodes percents once, after taking off quotes', () => {
    expect(
      read('binary', '1', { ...headers, 'ce-subject': 'Euro%20%E2%82%AC%20%2541' }).subject,
    ).toBe('Euro € %41');
    expect(read('binary', '1', { ...headers, 'ce-subject': '"a \\"b\\" %41"' }).subject).toBe(
      'a "b" A',
    );
  });

  test('keeps a text as a JSON string, with its type', () => {
    const draft = read('binary', 'line 1\nline 2', {
      ...headers,
      'content-type': 'text/markdown; charset=utf-8',
    });
    expect(draft).toMatchObject({ data: '"line 1\\nline 2"', datacontenttype: 'text/markdown' });
  });

  test('has no payload where the body is empty', () => {
    expect(read('binary', '', headers).data).toBe('null');
  });

  test.each<[string, RequestHeaders, string]>([
    [
      'a percent that encodes nothing',
      { 'ce-subject': '100%' },
      'The header "ce-subject" holds a "%"',
    ],
    [
      'a header that stands there twice',
      { 'ce-subject': ['a', 'b'] },
      'The header "ce-subject" stands there twice',
    ],
    ['a content type beside the content type', { 'ce-datacontenttype': 'x' }, 'has no meaning'],
    ['an underscore', { 'ce-trace_id': 'x' }, '"trace_id" is no attribute'],
    ['a missing id', { 'ce-id': undefined }, '"id" is missing'],
    [
      'a line break that was encoded',
      { 'ce-subject': 'a%0Ab' },
      '"subject" holds a control character',
    ],
  ])('refuses %s', (_, change, problem) => {
    expect(refusal('binary', '1', { ...headers, ...change })).toContain(
      `event.invalid: ${problem}`.slice(0, 15),
    );
    expect(refusal('binary', '1', { ...headers, ...change })).toContain(problem);
  });

  test('refuses a body that is not the JSON that it claims to be', () => {
    expect(refusal('binary', '{', headers)).toContain('json.invalid');
  });
});
