import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { until } from '../server/until.ts';

const LIMITS = fileURLToPath(new URL('../../examples/limits', import.meta.url));

function copyLimits(): string {
  const folder = makeFolder();
  cpSync(LIMITS, folder, { recursive: true });
  return folder;
}

/** Resolves when the runs of a flow are in these states, the oldest first. */
async function untilIn(client: ApiClient, flow: string, ...states: string[]): Promise<void> {
  await until(async () => {
    const runs = (await client.runs()).filter((run) => run.flow === flow);
    const found = runs.map(({ state }) => state).toReversed();
    return found.join() === states.join() ? true : undefined;
  });
}

describe('the limits', () => {
  test('have nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(copyLimits(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '8 flows, nothing found.\n' });
  });

  test('do what each of them says', async () => {
    const folder = copyLimits();
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const emit = async (type: string, ...each: readonly object[]): Promise<void> => {
      for (const data of each) await client.emit({ type, data });
    };
    await emit('deploy.requested', { service: 'shop' }, { service: 'shop' }, { service: 'blog' });
    await untilIn(client, 'deploy', 'running', 'queued', 'running');
    writeFileSync(join(folder, 'green'), '');
    await untilIn(client, 'deploy', 'succeeded', 'succeeded', 'succeeded');

    await emit('preview.requested', { branch: 'tea' }, { branch: 'tea' }, { branch: 'milk' });
    await untilIn(client, 'preview', 'cancelled', 'waiting', 'waiting');
    await emit('report.requested', {}, {});
    await emit('payment.requested', { account: 'ann' }, { account: 'ann' }, { account: 'bob' });
    await emit('mail.due', { to: 'ann' }, { to: 'ann' }, { to: 'bob' });
    await emit('account.changed', ...[1, 2, 3].map((n) => ({ account: 'ann', n })));
    await emit('file.saved', { folder: 'src' }, { folder: 'src' });
    await emit('comment.written', {}, {}, {});
    await until(async () => (await client.events('folder.looked_at')).at(-1));
    await until(async () => (await client.events('digest.written')).at(-1));
    await untilIn(client, 'report', 'waiting');
    await untilIn(client, 'pay', 'waiting', 'waiting');
    await untilIn(client, 'mail', 'succeeded', 'queued', 'succeeded');
    await untilIn(client, 'book', 'succeeded', 'succeeded', 'succeeded');

    expect(await client.letters()).toMatchObject([{ flow: 'pay', error: { code: 'lane.full' } }]);
    const booked = await client.events('account.booked');
    expect(booked.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await client.get('/stats')).toMatchObject({ dispositions: { dropped: 1 } });
    expect(await end()).toBe(0);
    await expectSoundLog(folder);
  });
});
