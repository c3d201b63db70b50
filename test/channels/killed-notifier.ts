import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { MemoryLog } from '../simulation/engine/memory-log.ts';
import { acceptedIn, mortalStore } from './kills.ts';
import { type Notifying, openNotifying, request, ROOT } from './notifying.ts';

/** What a number of kills has come to. */
export interface Killed {
  readonly kills: number;
  /** Messages that came more often than once. */
  readonly repeats: number;
}

/**
 * Kills a notifier at random commits, again and again, while it tells a few things to a sink that
 * now and then answers badly or is not done when its caller dies. Fails where something that was
 * accepted is not told, where anything comes that was not asked for, or where a repeat differs.
 */
export async function killNotifier(kills: number, seed: number): Promise<Killed> {
  const random = seededRandom(seed);
  const heard = new Map<string, string[]>();
  const target = await startTarget((response, { headers, body }) => {
    const id = String(headers['idempotency-key']);
    heard.set(id, [...(heard.get(id) ?? []), body]);
    const draw = random();
    if (draw < 0.1) response.writeHead(503).end();
    else if (draw < 0.2) response.destroy();
    else response.end('ok');
  });
  const channels = { hook: { webhook: target.url }, other: { webhook: `${target.url}/other` } };
  const log = new MemoryLog();
  const wanted: string[] = [];
  for (let life = 0; life < kills; life++) {
    wanted.push(`run-${life}/1`);
    await liveUntilKilled();
  }
  const last = openNotifying({ channels, log });
  await last.notifier.start();
  for (const id of wanted) await ask(last, id);
  await last.settled();
  await target.stop();
  const records = await last.store.read({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  expect([...acceptedIn(records)].toSorted()).toEqual(wanted.toSorted());
  expect([...heard.keys()].toSorted()).toEqual(wanted.toSorted());
  for (const bodies of heard.values()) expect(new Set(bodies).size).toBe(1);
  const rows = await last.store.entities({ kind: 'notification', limit: kills });
  expect(rows.filter(({ state }) => state !== 'sent')).toEqual([]);
  const repeats = [...heard.values()].filter(({ length }) => length > 1).length;
  return { kills, repeats };

  async function liveUntilKilled(): Promise<void> {
    const death = { commit: 1 + Math.floor(random() * 4), isWritten: random() < 0.5 };
    let isDead = false;
    const store = mortalStore(log.open(), death, () => (isDead = true));
    const opened = openNotifying({ channels, log, store, closes: false });
    const { notifier } = opened;
    await notifier.start();
    // As a step does that is begun anew after a crash: it asks again.
    for (const id of wanted.slice(-3)) void ask(opened, id);
    await idle(() => isDead || notifier.pending === 0);
    // The dead are not waited for: what they asked is never answered.
    void opened.close();
  }

  function ask({ notifier }: Notifying, id: string): Promise<unknown> {
    return notifier.request(request(id, { names: ['hook', 'other'] }), ROOT);
  }
}

function idle(isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isDone()) resolve();
      else setTimeout(look, 1);
    };
    setTimeout(look, 1);
  });
}
