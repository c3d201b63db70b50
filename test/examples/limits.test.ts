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

/** The states of a flow's runs, oldest first, as soon as there are so many. */
async function statesOf(client: ApiClient, flow: string, count: number): Promise<string[]> {
  return until(async () => {
    const runs = (await client.runs()).filter((run) => run.flow === flow);
    return runs.length < count ? undefined : runs.map(({ state }) => state).toReversed();
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
    expect(await statesOf(client, 'deploy', 3)).toEqual(['running', 'queued', 'running']);
    writeFileSync(join(folder, 'green'), '');
    await until(
      async () =>
        (await statesOf(client, 'deploy', 3)).every((state) => state === 'succeeded') || undefined,
    );

    await emit('preview.requested', { branch: 'tea' }, { branch: 'tea' }, { branch: 'milk' });
    await until(async () => {
      const states = await statesOf(client, 'preview', 3);
      return states.join() === 'cancelled,waiting,waiting' || undefined;
    });
    await emit('report.requested', {}, {});
    await emit('payment.requested', { account: 'ann' }, { account: 'ann' }, { account: 'bob' });
    await emit('mail.due', { to: 'ann' }, { to: 'ann' }, { to: 'bob' });
    await emit('account.changed', ...[1, 2, 3].map((n) => ({ account: 'ann', n })));
    await emit('file.saved', { folder: 'src' }, { folder: 'src' });
    await emit('comment.written', {}, {}, {});
    await until(async () => (await client.events('folder.looked_at')).at(-1));
    await until(async () => (await client.events('digest.written')).at(-1));

    expect(await statesOf(client, 'report', 1)).toEqual(['waiting']);
    expect(await statesOf(client, 'pay', 2)).toEqual(['waiting', 'waiting']);
    expect(await client.letters()).toMatchObject([{ flow: 'pay', error: { code: 'lane.full' } }]);
    const mails = (await statesOf(client, 'mail', 3)).toSorted();
    expect(mails).toEqual(['queued', 'succeeded', 'succeeded']);
    const booked = await client.events('account.booked');
    expect(booked.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await client.get('/stats')).toMatchObject({ dispositions: { dropped: 1 } });
    expect(await end()).toBe(0);
    await expectSoundLog(folder);
  });
});
