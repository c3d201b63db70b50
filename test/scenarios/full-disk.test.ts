import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Status } from '../../src/views/engine-view.ts';
import { type Answer, ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { mountSmallDisk } from '../fixtures/small-disk.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const DISK_BYTES = 16 * 1_048_576;
const ROOM_BYTES = 2 * 1_048_576;
const LARGE = { type: 'parcel.sent', data: 'x'.repeat(20_000) };
/** How soon the daemon must go on when there is space. */
const RESUME_MS_MAX = allowedMs(5_000);

/** A target whose answers wait until it is told to give them. */
interface Patient {
  readonly target: Target;
  /** Resolves when somebody has called. */
  readonly called: Promise<void>;
  readonly answer: () => void;
}

async function patientTarget(): Promise<Patient> {
  const waiting: (() => void)[] = [];
  let tell = (): void => {};
  const called = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const target = await startTarget((response) => {
    waiting.push(() => response.end('done'));
    tell();
  });
  onTestFinished(() => target.stop());
  return { target, called, answer: () => waiting.splice(0).forEach((each) => each()) };
}

function configuration({ url, port }: Target): string {
  const work = { id: 'work', http: { url } };
  return JSON.stringify({
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: { work: { on: 'work.asked', steps: [work, { emit: 'work.done' }] } },
  });
}

/** Sends until there is no room; the refusal. */
async function fillUp(
  client: ApiClient,
): Promise<{ readonly refusal: Answer; readonly taken: number }> {
  for (let taken = 0; ; taken++) {
    const refusal = await client.post(LARGE);
    if (refusal.status !== 202) return { refusal, taken };
  }
}

test('a full disk is told by 507, loses nothing, and work goes on with space', async () => {
  const disk = mountSmallDisk(DISK_BYTES);
  if (disk === undefined) return;
  const { target, called, answer } = await patientTarget();
  const folder = makeFolder({ 'signalbox.yaml': configuration(target) });
  const data = join(disk.path, 'data');
  const daemon = await startDaemon(folder, ['--data', data]);
  const client = new ApiClient(daemon.ready);
  await client.emit({ type: 'work.asked' });
  await called;

  disk.fill(DISK_BYTES - ROOM_BYTES);
  const { refusal, taken } = await fillUp(client);
  expect(refusal).toMatchObject({ status: 507, headers: { 'retry-after': '5' } });
  expect(refusal.body).toContain('The disk is full, so nothing was recorded; free some space.');
  const told = await signalbox(folder, [
    '--data',
    data,
    'emit',
    'parcel.sent',
    '--data',
    JSON.stringify(LARGE.data),
  ]);
  expect(told.code).toBe(1);
  expect(told.stderr).toContain('free some space');
  expect(await client.get<Status>('/status')).toMatchObject({
    state: 'degraded',
    degraded: [{ part: 'disk', reason: expect.stringContaining('full') as string }],
  });
  const probes = ['/readyz', '/healthz'].map((path) => fetch(daemon.ready.url + path));
  expect((await Promise.all(probes)).map(({ status }) => status)).toEqual([503, 200]);

  // What is done meanwhile waits in memory to be recorded.
  answer();
  disk.empty();
  const freed = performance.now();
  while ((await client.post(LARGE)).status !== 202);
  expect(performance.now() - freed).toBeLessThan(RESUME_MS_MAX);
  const { runs } = await client.quiet();
  expect(runs).toMatchObject({ succeeded: 1, failed: 0 });
  expect(target.received).toHaveLength(1);
  expect(await client.events('parcel.sent')).toHaveLength(taken + 1);
  expect(await client.get<Status>('/status')).toMatchObject({ state: 'running', degraded: [] });
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder, ['--data', data]);
});

test('a start on a full disk says so, and what is there stays as it is', async () => {
  const disk = mountSmallDisk(DISK_BYTES);
  if (disk === undefined) return;
  const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
  const data = join(disk.path, 'data');
  const daemon = await startDaemon(folder, ['--data', data]);
  const client = new ApiClient(daemon.ready);
  const sent = await client.post(LARGE);
  expect(sent.status).toBe(202);
  await daemon.end('SIGKILL');
  disk.fill(DISK_BYTES);
  const { code, stderr } = await signalbox(folder, ['up', '--port', '0', '--data', data]);
  expect({ code, stderr }).toEqual({
    code: 73,
    stderr: expect.stringContaining('free space') as string,
  });

  disk.empty();
  const next = await startDaemon(folder, ['--data', data]);
  expect(await new ApiClient(next.ready).events('parcel.sent')).toHaveLength(1);
  expect(await next.end()).toBe(0);
});
