import { describe, expect, test } from 'vitest';
import type { Signalbox } from '../../src/signalbox.ts';
import type { EventDetail, EventView } from '../../src/views/event-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import { type Answer, openApi, shareApi } from './api.ts';
import { flowOf } from './engine.ts';

const EVENTS = '/api/v1/events';

function itemsOf<T>({ json: page }: Answer): T[] {
  return page['items'] as T[];
}

async function emit(box: Signalbox, type: string, id?: string): Promise<number> {
  const result = await box.emit({ type, source: 'test', id, data: '{}' });
  if (result.kind !== 'accepted') throw new Error(`not accepted: ${result.kind}`);
  return result.seq;
}

describe('the list of events', () => {
  test('is read page by page in the order of the log, without a gap', async () => {
    const { ask, box } = await openApi();
    for (let i = 0; i < 7; i++) await emit(box, 'a');
    const seen: number[] = [];
    for (let next: number | null = 0; next !== null;) {
      const page = await ask(`${EVENTS}?after=${next}&limit=3`);
      seen.push(...itemsOf<EventView>(page).map(({ seq }) => seq));
      next = page.json['next'] as number | null;
    }
    expect(seen).toEqual(Array.from({ length: box.store.head() }, (_, i) => i + 1));
  });

  test('is read newest first, and back from there', async () => {
    const { ask, box } = await openApi();
    for (let i = 0; i < 4; i++) await emit(box, 'a');
    const head = box.store.head();
    const first = await ask(`${EVENTS}?newest=true&limit=3`);
    expect(itemsOf<EventView>(first).map(({ seq }) => seq)).toEqual([head, head - 1, head - 2]);
    const rest = await ask(`${EVENTS}?newest=true&limit=100&before=${String(first.json['next'])}`);
    expect(itemsOf<EventView>(rest).at(0)?.seq).toBe(head - 3);
    expect(itemsOf<EventView>(rest).at(-1)?.seq).toBe(1);
    expect(rest.json['next']).toBeNull();
  });

  test('may be cut on both sides', async () => {
    const { ask, box } = await openApi();
    const seqs: number[] = [];
    for (let i = 0; i < 5; i++) seqs.push(await emit(box, 'a'));
    const [first = 0, , , , last = 0] = seqs;
    const between = await ask(`${EVENTS}?after=${first}&before=${last}`);
    expect(itemsOf<EventView>(between).map(({ seq }) => seq)).toEqual(seqs.slice(1, 4));
    expect(between.json['next']).toBeNull();
  });

  test('holds only the types that are asked for', async () => {
    const { ask, box } = await openApi();
    for (const type of ['git.pushed', 'git.tagged', 'gitlab', 'git.pushed']) await emit(box, type);
    const types = async (type: string): Promise<string[]> =>
      itemsOf<EventView>(await ask(`${EVENTS}?type=${type}`)).map((event) => event.type);
    expect(await types('git.pushed')).toEqual(['git.pushed', 'git.pushed']);
    expect(await types('git.*')).toEqual(['git.pushed', 'git.tagged', 'git.pushed']);
    expect(await types('nothing')).toEqual([]);
  });
});

describe('a bad query', () => {
  const shared = shareApi();

  test.each([
    ['limt=1', 'There is no parameter "limt", did you mean "limit"?'],
    ['limit=0', '"limit": must be a whole number from 1 to 1000.'],
    ['limit=1001', '"limit": must be a whole number from 1 to 1000.'],
    ['limit=1&limit=2', '"limit"'],
    ['after=-1', '"after": must be a whole number'],
    ['after=1e3', '"after": must be a whole number'],
    ['after=99999999999999999999', '"after": must be a whole number'],
    ['newest=1', '"newest"'],
    ['type=a*b', '"type": must be a type, or the beginning of one with a "*" at its end.'],
    ['__proto__=1', '"__proto__"'],
  ])('is refused for %s, naming the parameter', async (query, problem) => {
    const { ask } = shared();
    const answer = await ask(`${EVENTS}?${query}`);
    expect(answer.json).toMatchObject({ status: 400, code: 'request.bad_query' });
    expect(answer.json['detail']).toContain(problem);
  });
});

describe('an event', () => {
  const flows = [
    flowOf('greet', 'user.created', ['one', 'two']),
    flowOf('vip', 'user.*', ['one'], 'false'),
    flowOf('other', 'order.placed', ['one']),
  ];

  test('says what became of it at each flow that listens to its type', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box, 'user.created');
    const { json: event } = await ask(`${EVENTS}/${seq}?min_seq=${seq}`);
    expect(event['disposition']).toEqual([
      { flow: 'vip', outcome: 'filtered', reason: 'false', run: null },
      {
        flow: 'greet',
        outcome: 'started',
        reason: null,
        run: expect.stringMatching(/^sb\w+-\d+$/),
      },
    ]);
  });

  test('has no disposition where no flow wants it', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box, 'nobody.cares');
    const { json: event } = await ask(`${EVENTS}/${seq}?min_seq=${seq}`);
    expect(event['disposition']).toEqual([]);
  });

  test('shows its way, stage by stage', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box, 'user.created');
    const run = await finishedRun(ask, seq);
    const event = (await ask(`${EVENTS}/${seq}`)).json as unknown as EventDetail;
    expect(event.way.map(({ stage, step }) => [stage, step])).toEqual([
      ['received', undefined],
      ['routed', undefined],
      ['run.started', undefined],
      ['step.completed', 's1'],
      ['run.succeeded', 's2'],
    ]);
    expect(event.way.slice(2).every((stage) => stage.run === run.id && stage.time !== null)).toBe(
      true,
    );
  });

  test('is found by the id of its sender, by ours and by its number', async () => {
    const { ask, box } = await openApi();
    const seq = await emit(box, 'a', 'order/17 ä');
    const own = await emit(box, 'b');
    const ownId = (await ask(`${EVENTS}/${own}`)).json['id'];
    expect((await ask(`${EVENTS}/${encodeURIComponent('order/17 ä')}`)).json['seq']).toBe(seq);
    expect((await ask(`${EVENTS}/${String(ownId)}`)).json['seq']).toBe(own);
    expect((await ask(`${EVENTS}/${seq}`)).json['id']).toBe('order/17 ä');
  });

  test('whose id looks like a number is found before the one with that number', async () => {
    const { ask, box } = await openApi();
    const seq = await emit(box, 'a', '1');
    expect((await ask(`${EVENTS}/1`)).json['seq']).toBe(seq);
  });
});

describe('an unknown id', () => {
  const shared = shareApi();

  test.each([
    '999999',
    'unknown',
    'sb00000000-1',
    "' OR 1=1 --",
    '%',
    '%00',
    '..',
    'a'.repeat(5_000),
  ])('has no event: %s', async (id) => {
    const { ask } = shared();
    const answer = await ask(`${EVENTS}/${encodeURIComponent(id)}`);
    expect(answer.json).toMatchObject({ status: 404 });
  });
});

describe('a run', () => {
  const flows = [
    flowOf('greet', 'user.created', ['one', 'two']),
    flowOf('bad', 'broken', ['fail']),
  ];

  test('has its steps with their states, keys and outputs', async () => {
    const { ask, box } = await openApi({ flows });
    const seq = await emit(box, 'user.created', 'u-1');
    const run = await finishedRun(ask, seq);
    expect(run).toMatchObject({
      flow: 'greet',
      state: 'succeeded',
      event: 'u-1',
      correlationid: 'u-1',
      reason: null,
    });
    expect(run.steps).toMatchObject([
      {
        id: 's1',
        state: 'succeeded',
        attempts: 1,
        key: `${run.id}/s1`,
        output: 'one',
        error: null,
      },
      {
        id: 's2',
        state: 'succeeded',
        attempts: 1,
        key: `${run.id}/s2`,
        output: 'two',
        error: null,
      },
    ]);
    expect((await ask(`/api/v1/runs/${run.id}`)).json).toEqual(run);
  });

  test('that failed says why', async () => {
    const { ask, box } = await openApi({ flows });
    const run = await finishedRun(ask, await emit(box, 'broken'));
    expect(run).toMatchObject({ state: 'failed', reason: 'It was told to fail.' });
    expect(run.steps).toMatchObject([{ state: 'failed', error: { code: 'echo.failed' } }]);
  });

  test('stands in a list, newest first, that can be narrowed and paged', async () => {
    const { ask, box } = await openApi({ flows });
    for (const type of ['user.created', 'broken', 'user.created']) {
      await finishedRun(ask, await emit(box, type));
    }
    const names = async (query: string): Promise<string[]> =>
      itemsOf<RunView>(await ask(`/api/v1/runs?${query}`)).map(({ flow }) => flow);
    expect(await names('')).toEqual(['greet', 'bad', 'greet']);
    expect(await names('flow=greet')).toEqual(['greet', 'greet']);
    expect(await names('state=failed')).toEqual(['bad']);
    const first = await ask('/api/v1/runs?limit=2');
    expect(await names(`before=${String(first.json['next'])}`)).toEqual(['greet']);
    expect((await ask('/api/v1/runs?limit=3')).json['next']).toBeNull();
    expect((await ask('/api/v1/runs?state=done')).status).toBe(400);
    expect((await ask('/api/v1/runs?flow=gret')).json).toMatchObject({
      status: 404,
      code: 'flow.unknown',
    });
  });

  test('is not there under an unknown id', async () => {
    const { ask } = await openApi();
    expect((await ask('/api/v1/runs/1')).json).toMatchObject({ status: 404, code: 'run.unknown' });
    expect((await ask('/api/v1/runs?before=nonsense')).json).toEqual({ items: [], next: null });
  });
});

describe('min_seq', () => {
  test('asks to come again where the router is too far behind', async () => {
    const { ask, box } = await openApi({ limits: { minSeqMs: 30 } });
    const answer = await ask(`${EVENTS}?min_seq=${box.store.head() + 1}`);
    expect(answer.json).toMatchObject({ status: 503, code: 'view.behind' });
    expect(answer.headers['retry-after']).toBe('1');
  });
});

async function finishedRun(ask: (path: string) => Promise<Answer>, seq: number): Promise<RunView> {
  const event = (await ask(`${EVENTS}/${seq}?min_seq=${seq}`)).json as unknown as EventDetail;
  const id = event.disposition.find(({ run }) => run !== null)?.run ?? 'none';
  for (;;) {
    const run = (await ask(`/api/v1/runs/${id}`)).json as unknown as RunView;
    if (run.ended !== null) return run;
  }
}
