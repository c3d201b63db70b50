import { describe, expect, test } from 'vitest';
import { born } from '../../src/runs/evolve.ts';
import { encodeJournal } from '../../src/runs/journal.ts';
import { begin } from '../../src/runs/next.ts';
import { idOf, ownRecord } from '../../src/store/record.ts';
import { type Api, json, openApi, shareApi } from './api.ts';
import { flowOf, type WrittenFlow } from './engine.ts';
import { until } from './until.ts';

const SLOW: WrittenFlow = {
  name: 'slow',
  on: { event: 'slow.asked' },
  steps: [
    { id: 'nap', sleep: '1h' },
    { id: 'say', echo: 'done' },
  ],
};
const WIDE: WrittenFlow = {
  name: 'wide',
  on: { event: 'wide.asked' },
  steps: [
    { id: 'all', each: '${{ [1, 2, 3] }}', concurrency: 2, do: [{ id: 'nap', sleep: '1h' }] },
    { id: 'ask', call: 'slow' },
  ],
};
const FLOWS = [flowOf('greet', 'user.created', ['one', 'fail', 'three']), SLOW, WIDE];

interface Run {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly steps: readonly Record<string, unknown>[];
}

/** The run that an event starts, as soon as it is in that state. */
async function runOf({ ask }: Api, type: string, state: string): Promise<Run> {
  const { seq } = (await ask('/api/v1/events', json({ type, data: {} }))).json;
  return until(async () => {
    const { json: event } = await ask(`/api/v1/events/${String(seq)}?min_seq=${String(seq)}`);
    const [disposition] = event['disposition'] as readonly { readonly run: string }[];
    const run = (await ask(`/api/v1/runs/${disposition?.run ?? ''}`)).json as unknown as Run;
    return run.state === state ? run : undefined;
  });
}

function post(
  { ask }: Api,
  { id }: Pick<Run, 'id'>,
  verb: string,
  body?: object,
): ReturnType<Api['ask']> {
  const path = `/api/v1/runs/${id}/${verb}`;
  return body === undefined ? ask(path, { method: 'POST' }) : ask(path, json(body));
}

/** The run as soon as it is in that state. */
async function reached({ ask }: Api, { id }: Pick<Run, 'id'>, state: string): Promise<Run> {
  return until(async () => {
    const run = (await ask(`/api/v1/runs/${id}`)).json as unknown as Run;
    return run.state === state ? run : undefined;
  });
}

const api = shareApi({ flows: FLOWS });

describe('a run that waits', () => {
  test('is paused, resumed and cancelled, each by whom and why', async () => {
    const run = await runOf(api(), 'slow.asked', 'waiting');
    const paused = await post(api(), run, 'pause', { reason: 'lunch' });
    expect(paused.status).toBe(200);
    expect(paused.json).toMatchObject({ state: 'paused', reason: 'by owner: lunch', due: null });
    expect((await api().ask(`/api/v1/runs/${run.id}/why`)).json).toMatchObject({
      reason: 'paused at step "nap" by owner: lunch',
    });
    expect((await post(api(), run, 'resume')).json).toMatchObject({ state: 'waiting' });
    const cancelled = await post(api(), run, 'cancel');
    expect(cancelled.json).toMatchObject({ state: 'cancelled', reason: 'by owner' });
    expect(cancelled.json['steps']).toMatchObject([{ state: 'cancelled' }, { state: 'pending' }]);
    const twice = await post(api(), run, 'kill');
    expect(twice).toMatchObject({ status: 409, json: { code: 'run.ended' } });
  });
});

describe('a run that failed', () => {
  test('goes on behind a step that is passed over, which says by whom', async () => {
    const run = await runOf(api(), 'user.created', 'failed');
    const skipped = await post(api(), run, 'skip', { step: 's2', reason: 'not needed' });
    expect(skipped.status).toBe(200);
    const { steps } = await reached(api(), run, 'succeeded');
    expect(steps[1]).toMatchObject({
      state: 'succeeded',
      output: null,
      decision: { by: 'owner', reason: 'not needed' },
    });
    expect(steps[2]).toMatchObject({ state: 'succeeded', output: 'three', decision: null });
  });

  test('goes on with what a step is said to have given', async () => {
    const run = await runOf(api(), 'user.created', 'failed');
    await post(api(), run, 'set', { step: 's2', output: { by: 'hand' } });
    const { steps } = await reached(api(), run, 'succeeded');
    expect(steps[1]).toMatchObject({ output: { by: 'hand' }, decision: { reason: null } });
  });

  test('is retried from a step on, of which the others are pending again', async () => {
    const run = await runOf(api(), 'user.created', 'failed');
    const retried = await post(api(), run, 'retry', { from: 's1' });
    expect(retried.status).toBe(200);
    expect(await reached(api(), run, 'failed')).toMatchObject({
      steps: [
        { state: 'succeeded', attempts: 1, tries: [{}, {}] },
        { state: 'failed', attempts: 1, tries: [{}, {}] },
        { state: 'pending', attempts: 0 },
      ],
    });
    expect(await post(api(), run, 'retry', { from: 's9' })).toMatchObject({
      status: 409,
      json: { code: 'step.absent' },
    });
  });
});

describe('a run that others work for', () => {
  test('shows its branches, and each of them itself', async () => {
    const run = await runOf(api(), 'wide.asked', 'waiting');
    const shown = await until(async () => {
      const view = (await api().ask(`/api/v1/runs/${run.id}`)).json as unknown as Run;
      const asleep = openedBy(view.steps[0]).filter(({ state }) => state === 'waiting');
      return asleep.length === 2 ? view : undefined;
    });
    expect(shown.steps[0]).toMatchObject({
      branches: { count: 3, waiting: 2 },
      opened: [
        { flow: 'wide', state: 'waiting', branch: 0 },
        { flow: 'wide', state: 'waiting', branch: 1 },
      ],
    });
    const why = (await api().ask(`/api/v1/runs/${run.id}/why`)).json;
    expect(why['reason']).toBe('step "all" waits for 3 of its 3 branches');
    const [, second] = openedBy(shown.steps[0]);
    const branch = (await api().ask(`/api/v1/runs/${second?.id ?? ''}`)).json as unknown as Run;
    expect(branch).toMatchObject({
      parent: run.id,
      branch: 1,
      steps: [{ id: 'nap', key: `${run.id}/all[1]/nap` }],
    });
    const chain = (await api().ask(`/api/v1/runs/${branch.id}/why`)).json['chain'];
    expect(chain).toMatchObject([{}, { id: run.id }, { id: branch.id, flow: 'wide' }]);
  });

  test('shows the run that it called', async () => {
    const run = await runOf(api(), 'wide.asked', 'waiting');
    const step = await until(async () => {
      const { steps } = (await api().ask(`/api/v1/runs/${run.id}`)).json as unknown as Run;
      const [all, ask] = steps;
      const asleep = openedBy(all).find(({ state }) => state === 'waiting');
      if (asleep !== undefined) await post(api(), asleep, 'set', { step: 'nap', output: 1 });
      return openedBy(ask).length > 0 ? ask : undefined;
    });
    const [called] = openedBy(step);
    expect(step).toMatchObject({ branches: null, opened: [{ flow: 'slow', branch: null }] });
    const why = (await api().ask(`/api/v1/runs/${run.id}/why`)).json;
    expect(why['reason']).toBe(`step "ask" waits for run ${called?.id ?? ''} of flow "slow"`);
    const cancelled = await post(api(), run, 'cancel');
    expect(cancelled.json).toMatchObject({ state: 'cancelled' });
    expect((await api().ask(`/api/v1/runs/${called?.id ?? ''}`)).json).toMatchObject({
      state: 'cancelled',
      parent: run.id,
    });
    expect((await api().ask('/api/v1/verify')).json).toMatchObject({ ok: true });
    expect((await api().ask('/api/v1/rebuild-check')).json).toMatchObject({ ok: true });
  });
});

/** The runs that a step opened. */
function openedBy(step: Run['steps'][number] | undefined): readonly Run[] {
  return (step?.['opened'] ?? []) as readonly Run[];
}

describe('what cannot be done is refused', () => {
  test.each([
    ['pause', undefined],
    ['retry', { from: 's1' }],
    ['skip', { step: 's1', reason: 'r' }],
  ])('%s of a run that there is not', async (verb, body) => {
    for (const id of ['99999', 'nobody']) {
      const { status, json: problem } = await post(api(), { id }, verb, body);
      expect([status, problem['code']]).toEqual([404, 'run.unknown']);
    }
  });

  test.each([
    ['skip', { step: 's1' }, '"reason": must say why.'],
    ['skip', { reason: 'r' }, '"step": must be the id of a step.'],
    ['set', { step: 's1' }, '"output": must be there.'],
    ['pause', { raeson: 'r' }, 'There is no member "raeson", did you mean "reason"?'],
    ['cancel', { reason: 7 }, '"reason": must be a text.'],
  ])('%s with %j', async (verb, body, detail) => {
    const { status, json: problem } = await post(api(), { id: '5' }, verb, body);
    expect(problem).toMatchObject({ code: 'request.bad_body', detail });
    expect(status).toBe(400);
  });

  test('a reason that is far too long', async () => {
    const run = await runOf(api(), 'slow.asked', 'waiting');
    const answer = await post(api(), run, 'pause', { reason: 'x'.repeat(100_000) });
    expect(answer).toMatchObject({ status: 400, json: { code: 'repair.invalid' } });
  });
});

test('a step of a run that has not begun, or has succeeded, is not passed over', async () => {
  const own = await openApi({ flows: [flowOf('greet', 'user.created', ['one'])] });
  const over = await runOf(own, 'user.created', 'succeeded');
  await own.box.pause('greet', { by: 'ann' });
  const unbegun = await runOf(own, 'user.created', 'queued');
  for (const [verb, body] of [
    ['retry', undefined],
    ['skip', { step: 's1', reason: 'r' }],
    ['set', { step: 's1', output: 1 }],
  ] as const) {
    const early = await post(own, unbegun, verb, body);
    expect([early.status, early.json['code']]).toEqual([409, 'run.queued']);
    const late = await post(own, over, verb, body);
    const code = verb === 'retry' ? 'run.succeeded' : 'run.ended';
    expect([late.status, late.json['code']]).toEqual([409, code]);
    expect(late.json['detail']).toMatch(verb === 'retry' ? 'from which step' : '--from s1');
  }
});

test('a run whose flow is lost can be cancelled or moved, and nothing else', async () => {
  const own = await openApi({ flows: FLOWS });
  const run = await lostRun(own);
  const step = 's1';
  const deeds = [
    ['pause', undefined],
    ['resume', undefined],
    ['retry', { from: step }],
    ['skip', { step, reason: 'r' }],
    ['set', { step, output: 1 }],
  ] as const;
  for (const [verb, body] of deeds) {
    expect(await post(own, run, verb, body)).toMatchObject({
      status: 409,
      json: { code: 'run.unreadable', detail: expect.stringContaining('or move it') },
    });
  }
  expect((await own.ask(`/api/v1/runs/${run.id}/why`)).status).toBe(200);
  expect(await post(own, run, 'cancel')).toMatchObject({
    status: 200,
    json: { state: 'cancelled' },
  });
});

/** A run that is pinned to a catalog that the log does not hold. */
async function lostRun({ box }: Api): Promise<Pick<Run, 'id'>> {
  const { store } = box;
  const received = Date.now();
  const beginning = { catalog: 'lost', event: 1, epoch: store.identity.epoch, lane: 'greet' };
  const started = begin({ name: 'greet', triggers: [], steps: [] }, beginning, received);
  const chain = { correlation: 'c', causation: 1, hops: 1 };
  const row = born(started, { ...chain, received });
  const record = ownRecord(started.type, encodeJournal(started), received, chain);
  const result = await store.append({ writes: [{ kind: 'open', record, row }] });
  if (result.kind !== 'appended') throw new Error(`not appended: ${result.kind}`);
  return { id: idOf(store.identity, result.first) };
}

test('a step under way is let end before its run rests', async () => {
  const flows = [{ name: 'run', on: { event: 'a' }, steps: [WAITER, { id: 'last', echo: 'x' }] }];
  const own = await openApi({ flows });
  const run = await runOf(own, 'a', 'running');
  await until(async () => {
    const { steps } = (await own.ask(`/api/v1/runs/${run.id}`)).json as unknown as Run;
    return steps[0]?.['state'] === 'running' ? true : undefined;
  });
  const paused = await post(own, run, 'pause');
  expect(paused).toMatchObject({ status: 202, json: { state: 'running' } });
  const killed = await post(own, run, 'kill', { reason: 'enough' });
  expect(killed).toMatchObject({ status: 200, json: { state: 'cancelled' } });
});

const WAITER = { id: 'wait', run: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] };
