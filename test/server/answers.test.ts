import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/signalbox.ts';
import { openApi } from './api.ts';
import { flowOf } from './engine.ts';

const flows = [
  flowOf('greet', 'user.created', ['one']),
  flowOf('vip', 'user.created', ['one'], "payload.level == 'gold'"),
];

async function emit(box: Signalbox, data = '{"level":"tin"}'): Promise<number> {
  const result = await box.emit({ type: 'user.created', source: 'test', id: 'u/1', data });
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${result.kind}`);
  return result.seq;
}

describe('over HTTP', () => {
  test('a run and an event tell why, by any id of theirs', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box);
    const event = (await ask(`/api/v1/events/u%2F1/why?min_seq=${seq}`)).json;
    expect(event).toMatchObject({ id: 'u/1', kind: 'event', whole: true });
    const [run] = (await box.store.runs({ limit: 1 })) ?? [];
    for (const path of [`runs/${run?.id}`, `events/${run?.id}`]) {
      expect((await ask(`/api/v1/${path}/why`)).json).toMatchObject({
        kind: 'run',
        chain: [{ id: 'u/1', type: 'user.created' }, { flow: 'greet' }],
      });
    }
    expect((await ask('/api/v1/runs/999/why')).json).toMatchObject({
      status: 404,
      code: 'id.unknown',
    });
  });

  test('a run of a paused flow tells who paused that, when and why', async () => {
    const { ask, box } = await openApi({ flows });
    await box.pause('greet', { by: 'ann', reason: 'holidays' });
    const seq = await emit(box);
    await ask(`/api/v1/events/${seq}?min_seq=${seq}`);
    const [run] = await box.store.runs({ limit: 1 });
    const since = box.status().paused[0]?.since ?? '';
    expect((await ask(`/api/v1/runs/${run?.id}/why`)).json).toMatchObject({
      state: 'queued',
      reason: `waits to begin step "s1": flow "greet" is paused since ${since} by ann: holidays`,
    });
  });

  test('an event tells why not', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box);
    const whyNot = `/api/v1/events/${seq}/why-not`;
    expect((await ask(`${whyNot}?flow=vip&min_seq=${seq}`)).json).toMatchObject({
      outcome: 'filtered',
      reason: `"payload.level == 'gold'" is false: payload.level = "tin"`,
    });
    expect((await ask(`${whyNot}?flow=vipp`)).json).toMatchObject({
      status: 404,
      code: 'flow.unknown',
      detail: 'There is no flow "vipp", did you mean "vip"?',
    });
    expect((await ask('/api/v1/events/no/why-not?flow=vip')).json).toMatchObject({
      status: 404,
      code: 'id.unknown',
    });
    expect((await ask(whyNot)).json).toMatchObject({
      status: 400,
      detail: '"flow": must name a flow.',
    });
  });

  test('the history and the uncertain effects are listed', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box);
    await ask(`/api/v1/events/${seq}?min_seq=${seq}`);
    const { items, next } = (await ask('/api/v1/history?limit=1')).json;
    expect(items).toMatchObject([{ id: 'u/1', fates: [{ flow: 'greet' }, { flow: 'vip' }] }]);
    const rest = (await ask(`/api/v1/history?before=${String(next)}`)).json;
    expect(rest).toMatchObject({ next: null, items: [{ type: 'daemon.started' }, {}] });
    expect((await ask('/api/v1/effects?uncertain=true&since=0')).json).toEqual({
      items: [],
      next: null,
    });
    expect((await ask('/api/v1/effects')).json).toMatchObject({
      status: 400,
      detail: '"uncertain": must be true: no other effects are listed.',
    });
  });
});

test('what was no new event is summed up by source', async () => {
  const { ask, box } = await openApi({ flows });
  for (const data of ['1', '1', '2']) await box.emit({ type: 'a', source: 's', id: 'i', data });
  const s = { duplicates: 1, conflicts: 1, refused: 0 };
  expect((await ask('/api/v1/stats')).json['receipts']).toEqual({ ...s, sources: { s } });
});
