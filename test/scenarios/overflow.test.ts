import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Stats, Status } from '../../src/views/engine-view.ts';
import { makeFolder, type RunningDaemon, signalbox, startDaemon } from '../cli/signalbox.ts';
import { type Answer, ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { startTarget } from '../fixtures/http-target.ts';

/** The limit, far below what is sent. */
const LIMIT = 20;
const SENT = 200;

/** A daemon with one slot, whose steps wait until the gates are opened. */
interface Crowded {
  readonly folder: string;
  readonly daemon: RunningDaemon;
  readonly client: ApiClient;
  readonly open: () => void;
}

async function crowded(settings: object): Promise<Crowded> {
  const held: ServerResponse[] = [];
  let isOpen = false;
  const target = await startTarget((response) => {
    if (isOpen) response.end('done');
    else held.push(response);
  });
  onTestFinished(() => target.stop());
  const step = { http: { url: target.url } };
  const written = {
    max_concurrent_handlers: 1,
    security: { http_allow: [`127.0.0.1:${target.port}`] },
    flows: { work: { on: 'work.asked', steps: [step] } },
    ...settings,
  };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify(written) });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const open = (): void => {
    isOpen = true;
    for (const response of held.splice(0)) response.end('done');
  };
  return { folder, daemon, client, open };
}

/** Sends at once more than there is room for, and then one by one. */
async function flood(client: ApiClient): Promise<Answer[]> {
  const burst = Array.from({ length: SENT / 2 }, (_, n) =>
    client.post({ type: 'work.asked', data: { n } }),
  );
  const answers = await Promise.all(burst);
  for (let n = 0; n < SENT / 2; n++) {
    answers.push(await client.post({ type: 'work.asked', data: { n } }));
  }
  return answers;
}

function withStatus(answers: readonly Answer[], status: number): Answer[] {
  return answers.filter((answer) => answer.status === status);
}

async function soundEnd({ folder, daemon }: Crowded): Promise<void> {
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
}

describe('a queue larger than its limit', () => {
  test('refuses by 429 with Retry-After under "error", and accounts for every event', async () => {
    const place = await crowded({ queue_limit: LIMIT, queue_overflow: 'error' });
    const { client, folder, open } = place;
    const answers = await flood(client);
    const [taken, refused] = [withStatus(answers, 202), withStatus(answers, 429)];
    expect(taken.length + refused.length).toBe(SENT);
    // One is under way beside those that wait, and a commit's worth is counted a moment late.
    expect(taken.length).toBeGreaterThan(LIMIT / 2);
    expect(taken.length).toBeLessThan(2 * LIMIT);
    for (const { headers, body } of refused) {
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(JSON.parse(body)).toMatchObject({ status: 429, code: 'queue.full' });
    }
    // What was counted a moment late may have left room for a few.
    let more = 0;
    let told = await signalbox(folder, ['emit', 'work.asked']);
    for (; told.code === 0 && more < LIMIT; more++) {
      told = await signalbox(folder, ['emit', 'work.asked']);
    }
    expect(told).toMatchObject({ code: 1, stdout: '' });
    expect(told.stderr).toContain('as much waits as "queue_limit" allows; emit again later');
    open();
    const stats = await client.quiet();
    expect(stats.runs).toMatchObject({ succeeded: taken.length + more, failed: 0 });
    expect(stats.receipts.refused).toBe(refused.length + 1);
    expect(await client.events('work.asked')).toHaveLength(taken.length + more);
    const again = await signalbox(folder, ['emit', 'work.asked']);
    expect(again.code).toBe(0);
    await client.quiet();
    await soundEnd(place);
  });

  test('records what it drops under "drop", one for each start that did not come', async () => {
    const place = await crowded({ queue_limit: LIMIT, queue_overflow: 'drop' });
    const { client, folder, open } = place;
    const answers = await flood(client);
    expect(withStatus(answers, 202)).toHaveLength(SENT);
    let stats = await client.get<Stats>('/stats');
    while (stats.lag.router > 0) stats = await client.statsAt(stats.events);
    const { started, dropped } = stats.dispositions;
    expect(started + dropped).toBe(SENT);
    expect(dropped).toBeGreaterThan(SENT - 3 * LIMIT);
    const drops = await client.events('event.dropped');
    expect(drops).toHaveLength(dropped);
    const [first] = drops;
    const whyNot = ['why-not', first?.causationid ?? '', 'work'];
    expect((await signalbox(folder, whyNot)).stdout).toContain(
      `As many runs wait: "queue_limit" is ${LIMIT}.`,
    );
    open();
    expect((await client.quiet()).runs.succeeded).toBe(started);
    await soundEnd(place);
  });

  test('takes everything in under "queue", and works it off', async () => {
    const place = await crowded({ queue_limit: LIMIT });
    const { client, open } = place;
    const answers = await flood(client);
    expect(withStatus(answers, 202)).toHaveLength(SENT);
    open();
    expect((await client.quiet()).runs).toMatchObject({ succeeded: SENT, failed: 0 });
    expect(await client.get<Status>('/status')).toMatchObject({ state: 'running' });
    await soundEnd(place);
  });
});
