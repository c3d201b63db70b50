import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { notificationFold } from '../../src/channels/notification-record.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { type Answer, startTarget, type Target } from '../fixtures/http-target.ts';
import { until } from '../fixtures/until.ts';
import { until as found } from '../server/until.ts';
import { openNotifying, request, ROOT } from './notifying.ts';

async function sink(answer: Answer): Promise<Target> {
  const target = await startTarget(answer);
  onTestFinished(() => target.stop());
  return target;
}

const fine: Answer = (response) => response.end('ok');

/** Answers with these statuses in turn, and with 200 from then on. */
function inTurn(...statuses: readonly number[]): Answer {
  const left = [...statuses];
  return (response) => response.writeHead(left.shift() ?? 200, { location: '/other' }).end();
}

function keysOf({ received }: Target): unknown[] {
  return received.map(({ headers }) => headers['idempotency-key']);
}

describe('a notification', () => {
  test('is posted as JSON with its dedupe id, and recorded as sent', async () => {
    const target = await sink(fine);
    const { notifier, records, settled } = openNotifying({
      channels: { hook: { webhook: `${target.url}/x?token=s` } },
    });
    await notifier.start();
    await notifier.request(request('sb1-1/1', { to: 'lead', message: 'a\u001b[31m\nb' }), ROOT);
    await settled();
    expect(target.received).toHaveLength(1);
    const { path, body = '' } = target.received[0] ?? {};
    expect(path).toBe('/x?token=s');
    expect(keysOf(target)).toEqual(['sb1-1/1']);
    const told = { dedupe_id: 'sb1-1/1', to: 'lead', message: 'a\\u001b[31m\nb' };
    expect(JSON.parse(body)).toEqual({ ...told, urgency: 'normal', flow: 'tell', run: 'sb1-1' });
    expect((await records()).map(({ type }) => type)).toEqual([
      'notification.requested',
      'notification.sent',
    ]);
    expect(JSON.stringify(await records())).not.toContain('token=s');
  });

  test('is accepted once under one dedupe id, also when asked for at the same time', async () => {
    const target = await sink(fine);
    const { notifier, settled } = openNotifying({ channels: { hook: { webhook: target.url } } });
    await notifier.start();
    const both = await Promise.all([1, 2].map(() => notifier.request(request('a'), ROOT)));
    await settled();
    expect(await notifier.request(request('a'), ROOT)).toEqual(both[0]);
    expect(both[1]).toEqual(both[0]);
    expect(keysOf(target)).toEqual(['a']);
  });

  test.each([
    ['5xx', inTurn(503, 500)],
    ['a cut connection', cutOnce()],
  ])('is tried again under the same id after %s', async (_, answer) => {
    const target = await sink(answer);
    const { notifier, records, settled } = openNotifying({
      channels: { hook: { webhook: target.url } },
    });
    await notifier.start();
    await notifier.request(request('a'), ROOT);
    await settled();
    expect(new Set(keysOf(target))).toEqual(new Set(['a']));
    expect((await records()).at(-1)).toMatchObject({ type: 'notification.sent' });
  });

  test('goes to the next channel when one has failed, and follows no redirect', async () => {
    const [bad, moved, good] = await Promise.all([
      sink(inTurn(400)),
      sink(inTurn(302)),
      sink(fine),
    ]);
    const channels = {
      bad: { webhook: bad.url },
      moved: { webhook: moved.url },
      good: { slack: good.url },
    };
    const { notifier, records, settled } = openNotifying({ channels });
    await notifier.start();
    const names = ['bad', 'moved', 'good'];
    await notifier.request(request('a', { names, message: '<!channel> & all' }), ROOT);
    await settled();
    expect([bad, moved, good].map(({ received }) => received.length)).toEqual([1, 1, 1]);
    const { body = '' } = good.received[0] ?? {};
    expect(JSON.parse(body)).toEqual({ text: '&lt;!channel&gt; &amp; all' });
    const failed = (await records()).filter(({ type }) => type === 'notification.failed');
    expect(failed.map(({ channel, reason }) => [channel, reason])).toEqual([
      ['bad', 'it answered 400'],
      ['moved', 'it answered 302, a redirect, which is not followed'],
    ]);
  });

  test('is undeliverable, and says why, where nobody takes it', async () => {
    const { notifier, records, settled } = openNotifying({
      channels: { hook: { webhook: 'http://127.0.0.1:9/' } },
      allow: [],
    });
    await notifier.start();
    await notifier.request(request('a'), ROOT);
    await settled();
    expect((await records()).at(-1)).toMatchObject({
      type: 'notification.undeliverable',
      channel: 'hook',
      reason: expect.stringContaining('security.http_allow') as string,
    });
  });

  test('waits as long as the other side asks', async () => {
    const target = await sink((response, { headers }) => {
      if (headers['idempotency-key'] === undefined) throw new Error('no id');
      response.writeHead(429, { 'retry-after': '30' }).end();
    });
    const { notifier, store } = openNotifying({ channels: { hook: { webhook: target.url } } });
    await notifier.start();
    await notifier.request(request('a'), ROOT);
    await until(() => target.received.length === 1);
    await until(() => notifier.pending === 1);
    const failed = await found(async () => {
      const [first] = await store.read({ after: 0, limit: 1, type: 'notification.failed' });
      return first;
    });
    const { again } = JSON.parse(failed.data) as { readonly again: number };
    expect(again - failed.received).toBeGreaterThan(25_000);
  });

  test('reaches a person over their channels in turn, in their name', async () => {
    const target = await sink(fine);
    const people = { lead: { roles: ['approver'] as const, channels: ['gone', 'hook'] } };
    const channels = { hook: { webhook: target.url }, gone: { inbox: 'boxes/' } };
    const { notifier, folder, settled } = openNotifying({ channels, people });
    await notifier.start();
    await notifier.request(request('a', { names: ['lead'] }), ROOT);
    await settled();
    expect(readFileSync(join(folder, 'boxes', 'a.json'), 'utf8')).toContain('"to":"lead"');
    expect(target.received).toEqual([]);
    const refused = await notifier.request(request('b', { names: ['laed'] }), ROOT);
    expect(refused).toMatchObject({ kind: 'refused', reason: expect.stringContaining('"lead"') });
  });

  test('is no more than an argument to a command, whatever it holds', async () => {
    const told = '$(touch pwned); `touch pwned`; "{to}" --x {message}';
    const written = 'JSON.stringify(process.argv.slice(1))';
    const script = `require('fs').writeFileSync('told.json', ${written})`;
    const command = [process.execPath, '-e', script, '--', '{message}', 'id={dedupe_id}', '{to}'];
    const { notifier, folder, settled, records } = openNotifying({
      channels: { cli: { command } },
    });
    await notifier.start();
    await notifier.request(request('a', { names: ['cli'], message: told, to: 'me' }), ROOT);
    await settled();
    expect((await records()).at(-1)).toMatchObject({ type: 'notification.sent' });
    const heard = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8')) as unknown;
    expect(heard).toEqual([told, 'id=a', 'me']);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  test('stands in an inbox on a line, or in a file of its own, and nowhere else', async () => {
    const channels = { line: { inbox: 'box/ops.jsonl' }, files: { inbox: 'box/each/' } };
    const { notifier, folder, settled } = openNotifying({ channels });
    await notifier.start();
    await notifier.request(request('a/../../1', { names: ['line'], message: 'x\ny' }), ROOT);
    await notifier.request(request('../b', { names: ['files'] }), ROOT);
    await notifier.request(request('c', { names: ['inbox'], to: '../../etc/passwd' }), ROOT);
    await settled();
    const lines = readFileSync(join(folder, 'box', 'ops.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: 'x\ny' });
    expect(readdirSync(join(folder, 'box', 'each'))).toEqual(['_%2Fb.json']);
    expect(readdirSync(join(folder, 'inbox'))).toEqual(['_%2F..%2Fetc%2Fpasswd.jsonl']);
  });

  test('is told over a healthy channel though a hundred others hang on another', async () => {
    const [hanging, good] = await Promise.all([sink(() => {}), sink(fine)]);
    const channels = { hook: { webhook: hanging.url }, good: { webhook: good.url } };
    // A clock that stands still lets no other give up.
    const clock = new SimulatedClock();
    const { notifier } = openNotifying({ channels, clock });
    await notifier.start();
    for (let i = 0; i < 100; i++) await notifier.request(request(`h${i}`), ROOT);
    await notifier.request(request('a', { names: ['hook', 'good'], urgency: 'critical' }), ROOT);
    await notifier.request(request('b', { names: ['good'], urgency: 'critical' }), ROOT);
    await until(() => {
      clock.advance(0);
      return good.received.length > 0;
    });
    expect(keysOf(good)).toEqual(['b']);
  });
});

/** Cuts the first connection in the middle of its answer. */
function cutOnce(): Answer {
  let cut = false;
  return (response) => {
    if (cut) {
      response.end('ok');
      return;
    }
    cut = true;
    response.destroy();
  };
}

describe('a critical notification', () => {
  const REPEAT = 60_000;
  const channels = {
    first: { inbox: 'first/ops.jsonl', repeat: '60s' },
    second: { inbox: 'second/ops.jsonl', repeat: '60s' },
  };
  const critical = request('a', { names: ['first', 'second'], urgency: 'critical', incident: 'i' });

  async function told(count: number, cared: () => boolean = () => false) {
    const clock = new SimulatedClock();
    const opened = openNotifying({ channels, clock, isCaredFor: cared });
    await opened.notifier.start();
    await opened.notifier.request(critical, ROOT);
    clock.advance(0);
    await recorded(opened, count);
    return { ...opened, clock };
  }

  async function recorded({ store }: { store: { head(): number } }, head: number): Promise<void> {
    await until(() => store.head() >= head);
  }

  function sends(folder: string, name: string): number {
    const file = join(folder, name, 'ops.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
  }

  test('is repeated, then goes to the next channel, then is UNDELIVERABLE', async () => {
    const opened = await told(2);
    const { clock, folder, records, notifier } = opened;
    let head = 2;
    for (let minutes = 1; minutes <= 6; minutes++) {
      clock.advance(REPEAT);
      await recorded(opened, ++head);
      // The next channel is due at once.
      if (minutes === 3) {
        clock.advance(0);
        await recorded(opened, ++head);
      }
    }
    expect([sends(folder, 'first'), sends(folder, 'second')]).toEqual([3, 3]);
    expect((await records()).at(-1)).toMatchObject({
      type: 'notification.undeliverable',
      reason: 'nobody acknowledged it',
    });
    expect(notifier.pending).toBe(0);
    const { differences } = await checkRows(opened.store, () => {}, [notificationFold]);
    expect(differences).toEqual([]);
  });

  test('is repeated no more once somebody has acknowledged its incident', async () => {
    let cared = false;
    const opened = await told(2, () => cared);
    cared = true;
    opened.clock.advance(REPEAT);
    await recorded(opened, 3);
    expect(sends(opened.folder, 'first')).toBe(1);
    expect((await opened.records()).at(-1)).toMatchObject({ type: 'notification.acknowledged' });
  });
});
