import { describe, expect, test } from 'vitest';
import { json, openApi, shareApi } from './api.ts';

const EVENTS = '/api/v1/events';
const PUSHED = { specversion: '1.0', id: 'e-1', source: 'git:api', type: 'git.pushed' };

describe('an event that is posted', () => {
  test('is in the log when it is acknowledged', async () => {
    const { ask, box } = await openApi();
    const { status, json: receipt } = await ask(EVENTS, json({ type: 'a', data: { n: 1 } }));
    expect(status).toBe(202);
    expect(receipt).toEqual({ id: expect.any(String), seq: box.store.head(), duplicate: false });
    const { json: event } = await ask(`${EVENTS}/${String(receipt['id'])}`);
    expect(event).toMatchObject({ type: 'a', source: 'api', data: { n: 1 }, seq: receipt['seq'] });
  });

  test('may come in each of the four forms', async () => {
    const { ask } = await openApi();
    const binary = {
      'ce-specversion': '1.0',
      'ce-id': 'b-1',
      'ce-source': 's',
      'ce-type': 'binary',
      'ce-subject': 'Gr%C3%BC%C3%9Fe',
    };
    const structured = { 'content-type': 'application/cloudevents+json' };
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    await ask(EVENTS, json({ type: 'plain' }));
    await ask(EVENTS, json({ ...PUSHED, type: 'structured' }, structured));
    await ask(EVENTS, json({ n: 1 }, binary));
    await ask(EVENTS, json([{ ...PUSHED, id: 'x', type: 'batch' }], batch));
    const { json: page } = await ask(`${EVENTS}?newest=true&limit=4`);
    expect(page['items']).toMatchObject([
      { type: 'batch', id: 'x' },
      { type: 'binary', id: 'b-1', subject: 'Grüße', data: { n: 1 } },
      { type: 'structured', id: 'e-1' },
      { type: 'plain', data: null },
    ]);
  });

  test('keeps its payload as it was written', async () => {
    const { ask, box } = await openApi();
    const body = '{"type":"a","data":{ "n": 12345678901234567890.0 }}';
    const { json: receipt } = await ask(EVENTS, { ...json(null), body });
    const [record] = await box.store.read({ after: Number(receipt['seq']) - 1, limit: 1 });
    expect(record?.data).toBe('{ "n": 12345678901234567890.0 }');
  });
});

describe('an id that is posted again', () => {
  test('is a duplicate where the content is the same', async () => {
    const { ask } = await openApi();
    const first = await ask(EVENTS, json({ ...PUSHED, data: 1 }));
    const again = await ask(EVENTS, json({ ...PUSHED, data: 1 }));
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.json).toEqual({ ...first.json, duplicate: true });
  });

  test('is a conflict that names the first event where the content is other', async () => {
    const { ask } = await openApi();
    const first = await ask(EVENTS, json({ ...PUSHED, data: 1 }));
    const other = await ask(EVENTS, json({ ...PUSHED, data: 2 }));
    expect(other.status).toBe(409);
    expect(other.json).toMatchObject({ code: 'event.conflict', id: 'e-1', seq: first.json['seq'] });
  });

  test('may be given by Idempotency-Key', async () => {
    const { ask } = await openApi();
    const key = { 'idempotency-key': 'k-1' };
    const first = await ask(EVENTS, json({ type: 'a' }, key));
    const again = await ask(EVENTS, json({ type: 'a' }, key));
    expect(first.json).toMatchObject({ id: 'k-1', duplicate: false });
    expect(again.json).toEqual({ ...first.json, duplicate: true });
  });

  test('starts nothing twice, however many send it at once', async () => {
    const { ask, box } = await openApi();
    const before = box.store.head();
    const sent = Array.from({ length: 50 }, () => ask(EVENTS, json(PUSHED)));
    const answers = await Promise.all(sent);
    expect(new Set(answers.map(({ json: { seq } }) => seq)).size).toBe(1);
    expect(answers.filter(({ json: { duplicate } }) => duplicate === false)).toHaveLength(1);
    expect(box.store.head()).toBe(before + 1);
  });
});

describe('a batch', () => {
  const batch = { 'content-type': 'application/cloudevents-batch+json' };

  test('is acknowledged event by event, in order', async () => {
    const { ask, box } = await openApi();
    const from = box.store.head();
    const events = ['a', 'b', 'c'].map((id) => ({ ...PUSHED, id }));
    const { status, json: receipts } = await ask(EVENTS, json(events, batch));
    expect(status).toBe(202);
    expect(receipts).toEqual(
      ['a', 'b', 'c'].map((id, i) => ({ id, seq: from + 1 + i, duplicate: false })),
    );
  });

  test('records nothing where one event is bad', async () => {
    const { ask, box } = await openApi();
    const before = box.store.head();
    const answer = await ask(EVENTS, json([PUSHED, { ...PUSHED, type: '' }], batch));
    expect(answer.status).toBe(400);
    const detail = expect.stringMatching(/^Event 1: "type"/);
    expect(answer.json).toMatchObject({ code: 'event.invalid', detail });
    expect(box.store.head()).toBe(before);
  });

  test('tells the fate of each where one id has other content', async () => {
    const { ask } = await openApi();
    await ask(EVENTS, json({ ...PUSHED, data: 1 }));
    const answer = await ask(
      EVENTS,
      json(
        [
          { ...PUSHED, id: 'new' },
          { ...PUSHED, data: 2 },
        ],
        batch,
      ),
    );
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({
      code: 'event.conflict',
      items: [
        { id: 'new', duplicate: false },
        { status: 409, code: 'event.conflict', id: 'e-1' },
      ],
    });
  });
});

describe('what is no event', () => {
  const shared = shareApi();

  test.each<[string, string, string, string]>([
    ['bad JSON', 'application/json', '{"type":', 'json.invalid'],
    ['JSON beyond the depth', 'application/json', '['.repeat(200_000), 'json.too_deep'],
    ['no type', 'application/json', '{}', 'event.invalid'],
    ['an empty body', 'application/json', '', 'json.invalid'],
    ['our own source', 'application/json', '{"type":"a","source":"signalbox"}', 'event.invalid'],
    ['a type of ours', 'application/json', '{"type":"run.started"}', 'event.invalid'],
  ])('is refused: %s', async (_, type, body, code) => {
    const { ask, box } = shared();
    const before = box.store.head();
    const headers = { 'content-type': type };
    const answer = await ask(EVENTS, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code, status: 400, title: 'Bad Request' });
    expect(box.store.head()).toBe(before);
  });

  test('is refused in bytes that are not UTF-8', async () => {
    const { ask } = shared();
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    const answer = await ask(EVENTS, { ...json(null), body });
    expect(answer.json).toMatchObject({ status: 400, code: 'request.not_utf8' });
  });

  test.each<[string, Record<string, string>]>([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }],
    ['a header that is none', { 'content-type': ';;;' }],
    ['nothing', {}],
    ['gzip', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('is refused with the types that are read: %s', async (_, headers) => {
    const { ask } = shared();
    const answer = await ask(EVENTS, { method: 'POST', headers, body: '{"type":"a"}' });
    expect(answer.json).toMatchObject({ status: 415, code: 'request.media_type' });
    expect(answer.headers['accept-post']).toContain('application/cloudevents+json');
  });

  test('is refused once the daemon stops, with a time to come again', async () => {
    const { ask, box } = await openApi();
    await box.stop();
    const answer = await ask(EVENTS, json({ type: 'a' }));
    expect(answer.json).toMatchObject({ status: 503, code: 'server.stopping' });
    expect(answer.headers['retry-after']).toBe('1');
    expect((await ask('/readyz')).status).toBe(503);
    expect((await ask('/healthz')).status).toBe(200);
  });
});
