import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/signalbox.ts';
import { type Api, openApi } from './api.ts';
import { flowOf } from './engine.ts';

const flows = [
  flowOf('greet', 'user.created', ['one']),
  flowOf('vip', 'user.created', ['one'], "payload.level == 'gold'"),
  flowOf('deaf', 'user.deleted', ['one']),
  flowOf('strict', 'user.created', ['one'], 'payload.missing > 1'),
];

async function emit(box: Signalbox, id = 'u/1'): Promise<number> {
  const data = '{"level": "tin"}';
  const result = await box.emit({ type: 'user.created', source: 'test', id, data });
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${result.kind}`);
  return result.seq;
}

async function opened(): Promise<Api & { readonly seq: number }> {
  const api = await openApi({ flows });
  return { ...api, seq: await emit(api.box) };
}

const post = { method: 'POST' };

describe('POST /events/{id}/replay', () => {
  test('records the event once more, marked, and starts its flows again', async () => {
    const { ask, seq } = await opened();
    const answer = await ask('/api/v1/events/u%2F1/replay', post);
    expect(answer).toMatchObject({ status: 202, json: { seq: expect.any(Number) as number } });
    const { id, seq: again } = answer.json as { readonly id: string; readonly seq: number };
    const shown = (await ask(`/api/v1/events/${id}?min_seq=${again}`)).json;
    expect(shown).toMatchObject({
      id,
      type: 'user.created',
      source: 'test',
      data: { level: 'tin' },
      hops: 0,
      correlationid: id,
      disposition: [{ flow: 'greet', outcome: 'started' }, { flow: 'vip' }, { flow: 'strict' }],
    });
    const first = (await ask(`/api/v1/events/${seq}`)).json;
    expect([shown['replayof'], shown['causationid']]).toEqual(
      Array(2).fill(id.replace(/\d+$/, String(seq))),
    );
    expect(first).toMatchObject({ id: 'u/1' });
  });

  test('has one flow alone take it where that is named', async () => {
    const { ask } = await opened();
    const { json } = await ask('/api/v1/events/u%2F1/replay?flow=greet', post);
    const shown = (await ask(`/api/v1/events/${String(json['id'])}?min_seq=${String(json['seq'])}`))
      .json;
    expect(shown).toMatchObject({
      type: 'event.replayed',
      data: { flow: 'greet', by: 'owner', as: { id: 'u/1', type: 'user.created' } },
      disposition: [{ flow: 'greet', outcome: 'started' }],
    });
  });

  test.each([
    ['vip', `Flow "vip" filters this event: payload.level == 'gold'.`],
    ['strict', expect.stringContaining('Flow "strict" cannot tell whether it wants this event: ')],
    ['deaf', 'Flow "deaf" does not listen to this event.'],
  ])('records nothing where the flow "%s" does not want it', async (flow, detail) => {
    const { ask, box } = await opened();
    const answer = await ask(`/api/v1/events/u%2F1/replay?flow=${flow}`, post);
    expect(answer.json).toMatchObject({ status: 409, code: 'replay.unwanted', detail });
    const types = (await box.store.read({ after: 0, limit: 100 })).map(({ type }) => type);
    expect(types).not.toContain('event.replayed');
  });

  test('refuses a flow that is not in force, and so does the preview', async () => {
    const { ask, box } = await opened();
    const path = '/api/v1/events/u%2F1/replay?flow=gret';
    for (const answer of [await ask(path), await ask(path, post)]) {
      expect(answer).toMatchObject({
        status: 404,
        json: {
          code: 'flow.unknown',
          detail:
            'There is no flow "gret", did you mean "greet"? ' +
            'In force are: greet, vip, deaf, strict.',
        },
      });
    }
    const types = (await box.store.read({ after: 0, limit: 100 })).map(({ type }) => type);
    expect(types).not.toContain('event.replayed');
  });

  test('finds an event by its number, whatever ids senders gave', async () => {
    const { ask, box, seq } = await opened();
    await emit(box, String(seq));
    const replayOf = async (path: string): Promise<unknown> => {
      const { json } = await ask(`/api/v1/events/${path}`, post);
      return (await ask(`/api/v1/events/${String(json['id'])}`)).json['replayof'];
    };
    expect(await replayOf(`${seq}/replay?by_seq=true`)).toMatch(new RegExp(`-${seq}$`));
    expect(await replayOf(`${seq}/replay`)).not.toMatch(new RegExp(`-${seq}$`));
  });

  test('refuses what is not there, what is our own, and what is no number', async () => {
    const { ask } = await opened();
    const refusals = ['none/replay', '1/replay?by_seq=true', 'x/replay?by_seq=true'];
    const codes = await Promise.all(
      refusals.map(async (path) => (await ask(`/api/v1/events/${path}`, post)).json['code']),
    );
    expect(codes).toEqual(['id.unknown', 'replay.own_event', 'request.bad_query']);
  });
});

test('GET /events/{id}/replay says what would start, and does nothing', async () => {
  const { ask, box, seq } = await opened();
  expect((await ask('/api/v1/events/u%2F1/replay')).json).toMatchObject({
    event: expect.stringMatching(new RegExp(`-${seq}$`)) as string,
    seq,
    type: 'user.created',
    source: 'test',
    flows: [
      { flow: 'greet', outcome: 'starts', reason: null },
      { flow: 'vip', outcome: 'filtered', reason: "payload.level == 'gold'" },
      { flow: 'strict', outcome: 'dead_lettered', reason: expect.any(String) as string },
    ],
  });
  expect((await ask('/api/v1/events/u%2F1/replay?flow=vip')).json).toMatchObject({
    flows: [{ flow: 'vip' }],
  });
  expect((await ask('/api/v1/events/none/replay')).json).toMatchObject({ code: 'id.unknown' });
  const events = await box.store.read({ after: 0, limit: 100, type: 'user.created' });
  expect(events).toHaveLength(1);
});
