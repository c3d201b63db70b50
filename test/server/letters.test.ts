import { describe, expect, test } from 'vitest';
import { type Answer, type Api, json, openApi } from './api.ts';
import { flowOf } from './engine.ts';

const FLOWS = [
  flowOf('ship', 'order.placed', ['{payload.text}'], 'payload.n > 1'),
  flowOf('fail', 'order.failed', ['fail']),
  flowOf('hand', 'nobody.emits', ['by hand']),
];
/** A number that no JavaScript number holds. */
const LONG = '12345678901234567890';

interface Letter {
  readonly id: string;
  readonly [member: string]: unknown;
}

async function post(api: Api, type: string, data: unknown): Promise<string> {
  const { json: receipt } = await api.ask('/api/v1/events', json({ type, data }));
  const seq = String(receipt['seq']);
  await api.ask(`/api/v1/stats?min_seq=${seq}`);
  return seq;
}

async function list(api: Api, query = ''): Promise<Letter[]> {
  return itemsOf(await api.ask(`/api/v1/dead-letters${query}`));
}

function itemsOf({ json: page }: Answer): Letter[] {
  return page['items'] as Letter[];
}

/** Resolves when there is a letter like this. */
async function letterOf(api: Api, query: string): Promise<Letter> {
  for (;;) {
    const [letter] = await list(api, query);
    if (letter !== undefined) return letter;
  }
}

function posted(text: string): { method: string; headers: Record<string, string>; body: string } {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: text };
}

describe('dead letters', () => {
  test('are listed and shown, each with its event and what went wrong', async () => {
    const api = await openApi({ flows: FLOWS });
    const seq = await post(api, 'order.placed', { text: 'hello' });
    await post(api, 'order.failed', {});
    const run = await letterOf(api, '?kind=run');
    expect(run).toMatchObject({
      kind: 'run',
      state: 'open',
      flow: 'fail',
      run: expect.stringMatching(/^sb\w+-\d+$/) as string,
      step: 's1',
      attempts: 1,
      error: { code: 'echo.failed', message: 'It was told to fail.' },
      closed: null,
    });
    const [event, ...rest] = await list(api, '?flow=ship&state=open');
    expect(rest).toEqual([]);
    expect((await api.ask('/api/v1/dead-letters?flow=shp')).json).toMatchObject({
      status: 404,
      code: 'flow.unknown',
    });
    expect(event).toMatchObject({
      kind: 'event',
      event: expect.stringMatching(new RegExp(`-${seq}$`)) as string,
      run: null,
      step: null,
      attempts: 0,
      error: { code: 'expression.failed' },
    });
    const shown = await api.ask(`/api/v1/dead-letters/${event?.id ?? ''}`);
    expect(shown.json).toEqual({ ...event, data: { text: 'hello' }, closing: null });
  });

  test('come page by page, newest first', async () => {
    const api = await openApi({ flows: FLOWS });
    for (let n = 0; n < 5; n++) await post(api, 'order.placed', { n: 'x' });
    const all = await list(api);
    const first = await api.ask('/api/v1/dead-letters?limit=2');
    const second = await api.ask(
      `/api/v1/dead-letters?limit=9&after=${String(first.json['next'])}`,
    );
    expect([...itemsOf(first), ...itemsOf(second)]).toEqual(all);
    expect(second.json['next']).toBeNull();
    expect(await list(api, '?after=nonsense')).toEqual([]);
  });

  test('are retried with other data, byte for byte, and once', async () => {
    const api = await openApi({ flows: FLOWS });
    await post(api, 'order.placed', {});
    const { id } = await letterOf(api, '');
    const path = `/api/v1/dead-letters/${id}/retry`;
    const retried = await api.ask(path, posted(`{"with": {"text":"late", "n":${LONG}}}`));
    expect(retried.status).toBe(202);
    expect(retried.json).toMatchObject({ id, state: 'retried', closing: { by: 'owner' } });
    const event = await api.ask(`/api/v1/events/${String(retried.json['closed'])}`);
    expect(event.json).toMatchObject({ type: 'dead_letter.retried' });
    const stream = await api.box.store.readAt([
      Number(String(retried.json['closed']).split('-')[1]),
    ]);
    expect(stream[0]?.data).toContain(`"data":{"text":"late", "n":${LONG}}`);
    for (const again of [path, path.replace('retry', 'drop')]) {
      const { status, json: problem } = await api.ask(again, posted('{}'));
      expect(status).toBe(409);
      expect(problem).toMatchObject({
        code: 'letter.closed',
        detail: expect.stringContaining('was retried by owner at') as string,
      });
    }
    expect((await api.ask('/api/v1/verify')).json['ok']).toBe(true);
    expect((await api.ask('/api/v1/rebuild-check')).json['ok']).toBe(true);
  });

  test('are dropped with a reason', async () => {
    const api = await openApi({ flows: FLOWS });
    await post(api, 'order.placed', {});
    const { id } = await letterOf(api, '');
    const path = `/api/v1/dead-letters/${id}/drop`;
    const bad = await api.ask(path, posted('{"reason":"\\u001b[2J"}'));
    expect([bad.status, bad.json['code']]).toEqual([400, 'repair.invalid']);
    const { status, json: letter } = await api.ask(path, posted('{"reason":"a test"}'));
    expect(status).toBe(202);
    expect(letter).toMatchObject({ state: 'dropped', closing: { by: 'owner', reason: 'a test' } });
    expect(await list(api, '?state=open')).toEqual([]);
    expect(await list(api, '?state=dropped')).toHaveLength(1);
  });

  test.each([
    '0',
    '1',
    '999999',
    '-1',
    '1e3',
    'sb00000000-3',
    '%00',
    '..%2f..%2fstatus',
    'x'.repeat(900),
  ])('are unknown by the id %j', async (id) => {
    const api = await openApi({ flows: FLOWS });
    for (const answer of [
      await api.ask(`/api/v1/dead-letters/${id}`),
      await api.ask(`/api/v1/dead-letters/${id}/retry`, posted('{}')),
      await api.ask(`/api/v1/dead-letters/${id}/drop`, posted('')),
    ]) {
      expect([answer.status, answer.json['code']]).toEqual([404, 'letter.unknown']);
    }
  });

  test('refuse what is no body of theirs', async () => {
    const api = await openApi({ flows: FLOWS });
    await post(api, 'order.placed', {});
    const { id } = await letterOf(api, '');
    const path = `/api/v1/dead-letters/${id}/retry`;
    const answers = [
      await api.ask(path, posted('{"wiht": 1}')),
      await api.ask(path, posted('[]')),
      await api.ask(path, posted('{')),
      await api.ask(path, posted(`{"with":${'['.repeat(80)}${']'.repeat(80)}}`)),
      await api.ask(path, { ...posted('{"with":1}'), headers: { 'content-type': 'text/plain' } }),
      await api.ask(path, { ...posted(''), body: Buffer.from([0x7b, 0xff, 0x7d]) }),
    ];
    expect(answers.map(({ status, json: { code } }) => `${status} ${String(code)}`)).toEqual([
      '400 request.bad_body',
      '400 request.bad_body',
      '400 json.invalid',
      '400 json.too_deep',
      '415 request.media_type',
      '400 request.not_utf8',
    ]);
    expect(answers[0]?.json['detail']).toContain('did you mean "with"?');
    expect(await list(api, '?state=open')).toHaveLength(1);
  });
});

describe('a start by name', () => {
  test('starts the flow, and answers with the event that does', async () => {
    const api = await openApi({ flows: FLOWS });
    const answer = await api.ask('/api/v1/runs', posted(`{"flow":"hand","data":${LONG}}`));
    expect(answer.status).toBe(202);
    const { event, seq } = answer.json;
    const shown = await api.ask(`/api/v1/events/${String(event)}?min_seq=${String(seq)}`);
    expect(shown.json).toMatchObject({
      type: 'manual.triggered',
      subject: 'hand',
      actor: 'owner',
      disposition: [{ flow: 'hand', outcome: 'started' }],
    });
    const [record] = await api.box.store.readAt([Number(seq)]);
    expect(record?.data).toBe(LONG);
  });

  test('names the flows that there are where it names none', async () => {
    const api = await openApi({ flows: FLOWS });
    const { status, json: problem } = await api.ask('/api/v1/runs', posted('{"flow":"hnad"}'));
    expect(status).toBe(404);
    expect(problem).toMatchObject({
      code: 'flow.unknown',
      detail: 'There is no flow "hnad", did you mean "hand"? In force are: ship, fail, hand.',
    });
  });

  test.each([
    ['', 400],
    ['{}', 400],
    ['{"flow":7}', 400],
    ['{"flow":"hand","dat":1}', 400],
    ['{"flow":""}', 404],
    ['{"flow":"a\\u0000"}', 404],
  ])('is refused with the body %j', async (body, status) => {
    const { ask } = await openApi({ flows: FLOWS });
    expect((await ask('/api/v1/runs', posted(body))).status).toBe(status);
  });
});
