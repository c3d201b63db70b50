import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { until } from '../server/until.ts';

/** A target of steps that answers none of them before it is told to. */
interface HeldTarget {
  readonly url: string;
  readonly port: number;
  /** What each step that is under way was sent, in the order of arrival. */
  readonly held: () => readonly unknown[];
  /** Answers the step that came first. */
  readonly release: () => void;
  /** Answers all that come from now on, and those that are here. */
  readonly open: () => void;
}

async function startHeldTarget(): Promise<HeldTarget> {
  const held: { readonly sent: unknown; readonly response: ServerResponse }[] = [];
  let isOpen = false;
  const target = await startTarget((response, { body }) => {
    if (isOpen) response.end('{}');
    else held.push({ sent: JSON.parse(body), response });
  });
  onTestFinished(() => target.stop());
  const release = (): void => void held.shift()?.response.end('{}');
  const open = (): void => {
    isOpen = true;
    while (held.length > 0) release();
  };
  const { url, port } = target;
  return { url, port, held: () => held.map(({ sent }) => sent), release, open };
}

/** A project whose one handler asks the target about each event. */
function handlerFolder({ url, port }: HeldTarget, settings: object): string {
  const json = '{payload.n}';
  const step = { id: 'ask', http: { method: 'POST', url, json }, timeout: '5m' };
  return makeFolder({
    'signalbox.yaml': JSON.stringify({
      security: { http_allow: [`127.0.0.1:${port}`] },
      flows: { handler: { on: 'webhook', steps: [step] } },
      ...settings,
    }),
  });
}

async function emitNumbered(client: ApiClient, count: number): Promise<number> {
  let seq = 0;
  for (let n = 0; n < count; n++) {
    seq = (await client.emit({ type: 'webhook', id: `hook-${n}`, data: { n } }))?.seq ?? 0;
  }
  return seq;
}

/** Longer than a busy machine takes from one event to the next. */
const SETTLE = '3s';

describe('debounce_ms: wait for rapid changes to settle', () => {
  test('Rapid file changes are debounced.', async () => {
    const { ready, end } = await startDaemon(
      makeFolder({
        'signalbox.yaml': `
flows:
  on-code-change:
    on: { event: file_change, where: "event.data.path.endsWith('.py')" }
    debounce: { wait: ${SETTLE}, key: event.data.root }
    steps:
      - id: report
        emit: tests.suggested
        data:
          changes: "{payload.count}"
          files: "\${{ payload.events.map(e, e.data.path) }}"
`,
      }),
    );
    const client = new ApiClient(ready);
    const files = Array.from({ length: 20 }, (_, n) => `src/module-${n % 4}.py`);
    for (const path of [...files, 'src/notes.md']) {
      await client.emit({ type: 'file_change', data: { root: './src/', path } });
    }
    const told = await until(async () => {
      const found = await client.events('tests.suggested');
      return found.length > 0 ? found : undefined;
    });
    expect(told.map(({ data }) => data)).toEqual([{ changes: 20, files }]);

    await client.emit({ type: 'file_change', data: { root: './src/', path: 'src/later.py' } });
    await until(async () =>
      (await client.events('tests.suggested')).length > 1 ? true : undefined,
    );
    const stats = await client.quiet();
    expect(stats.dispositions).toMatchObject({ coalesced: 21, filtered: 1, started: 2 });
    expect(await end()).toBe(0);
  });
});

describe('max_concurrent_handlers', () => {
  test('Max concurrent handlers is respected.', async () => {
    const target = await startHeldTarget();
    const folder = handlerFolder(target, { max_concurrent_handlers: 3 });
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const last = await emitNumbered(client, 10);
    const { runs } = await client.statsAt(last);
    expect(runs).toMatchObject({ queued: 7, running: 3 });

    const begun = new Set<unknown>();
    for (let n = 0; n < 10; n++) {
      const expected = Math.min(3, 10 - n);
      await until(() => (target.held().length >= expected ? true : undefined));
      expect(target.held()).toHaveLength(expected);
      for (const sent of target.held()) begun.add(sent);
      expect(begun.size, 'a slot that is free has gone to the next').toBe(Math.min(10, n + 3));
      target.release();
    }
    expect((await client.quiet()).runs).toMatchObject({ succeeded: 10, failed: 0 });
    expect(await end()).toBe(0);
  });
});

describe('State survives restart.', () => {
  test('processed_events: an event that was processed is not processed again', async () => {
    const folder = makeFolder({
      'signalbox.yaml': 'flows: { handler: { on: webhook, steps: [{ emit: webhook.handled }] } }',
    });
    const event = { type: 'webhook', id: 'delivery-1', data: { action: 'test' } };
    const first = await startDaemon(folder);
    const before = new ApiClient(first.ready);
    const receipt = await before.emit(event);
    expect(receipt).toMatchObject({ duplicate: false });
    await before.quiet();
    await first.end('SIGKILL');

    const second = await startDaemon(folder);
    const client = new ApiClient(second.ready);
    expect(await client.emit(event)).toMatchObject({ duplicate: true, seq: receipt?.seq });
    const stats = await client.quiet();
    expect(stats).toMatchObject({ dispositions: { started: 1 }, receipts: { duplicates: 1 } });
    expect(await client.events('webhook.handled')).toHaveLength(1);
    expect((await client.post({ ...event, data: { action: 'other' } })).status).toBe(409);
    expect(await second.end()).toBe(0);
    await expectSoundLog(folder);
  });

  test('pending_queue: what waited for a handler is handled, once and in its order', async () => {
    const target = await startHeldTarget();
    const folder = handlerFolder(target, { max_concurrent_handlers: 1 });
    const first = await startDaemon(folder);
    const before = new ApiClient(first.ready);
    const last = await emitNumbered(before, 30);
    expect((await before.statsAt(last)).runs).toMatchObject({ queued: 29, running: 1 });
    await first.end('SIGKILL');

    target.open();
    const second = await startDaemon(folder);
    const client = new ApiClient(second.ready);
    const { dispositions, runs } = await client.quiet();
    expect({ started: dispositions.started, ...runs }).toMatchObject({
      started: 30,
      succeeded: 30,
      failed: 0,
    });
    const events = new Map((await client.runs()).map(({ id, event }) => [id, event]));
    const ends = await client.events('run.succeeded');
    expect(ends.map(({ causationid = '' }) => events.get(causationid))).toEqual(
      Array.from({ length: 30 }, (_, n) => `hook-${n}`),
    );
    expect(await second.end()).toBe(0);
    await expectSoundLog(folder);
  });

  test('handler_state: a long-running handler goes on where it was', async () => {
    const target = await startHeldTarget();
    target.open();
    const ask = { http: { method: 'POST', url: target.url, json: '{payload.n}' } };
    const folder = handlerFolder(target, {
      flows: {
        review: {
          on: 'webhook',
          steps: [
            { id: 'begin', ...ask, output: 'begun' },
            { id: 'rest', wait: { event: 'reviewed', match: { n: '{payload.n}' } } },
            {
              id: 'report',
              emit: 'review.done',
              data: { n: '{payload.n}', begun: '{begun.status}' },
            },
          ],
        },
      },
    });
    const first = await startDaemon(folder);
    const before = new ApiClient(first.ready);
    const data = { n: 7 };
    await before.emit({ type: 'webhook', data });
    await until(async () =>
      (await before.runs()).some(({ state }) => state === 'waiting') ? true : undefined,
    );
    await first.end('SIGKILL');

    const second = await startDaemon(folder);
    const client = new ApiClient(second.ready);
    expect(await client.runs()).toMatchObject([{ state: 'waiting' }]);
    await client.emit({ type: 'reviewed', data });
    await client.quiet();
    const [run] = await client.runs();
    const [begin, rest] = run?.steps ?? [];
    expect(begin).toMatchObject({ id: 'begin', state: 'succeeded', attempts: 1 });
    expect(rest).toMatchObject({ id: 'rest', state: 'succeeded', attempts: 1 });
    const told = await client.events('review.done');
    expect(told.map((event) => event.data)).toEqual([{ n: 7, begun: 200 }]);
    expect(await second.end()).toBe(0);
    await expectSoundLog(folder);
  });
});
