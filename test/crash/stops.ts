import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { type EffectLedger, startLedger } from './effect-ledger.ts';
import { expectSoundLog } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

export interface StopReport {
  readonly stops: number;
  readonly acknowledged: number;
  /** Acknowledged orders that were not done yet when their daemon was asked to stop, summed up. */
  readonly underWay: number;
  /** The longest that a daemon took to end. */
  readonly stopMsMax: number;
}

/** How long a daemon may take to stop. */
export const STOP_MS_MAX = allowedMs(10_000);
const CLIENTS = 8;
/** The most orders that a daemon takes before it is asked to stop. */
const ORDERS_MAX = 60;

/**
 * Asks daemon after daemon to stop while clients place orders: each ends in time, nothing that was
 * acknowledged is lost, and no step is called twice, least of all one that must not be repeated.
 */
export async function stopOften(stops: number, seed: number): Promise<StopReport> {
  const ledger = await startLedger();
  const folder = makeFolder({ 'signalbox.yaml': configuration(ledger) });
  const random = seededRandom(seed);
  const orders = new Orders();
  let [underWay, stopMsMax] = [0, 0];
  for (let n = 0; n < stops; n++) {
    const taken = 1 + Math.floor(random() * ORDERS_MAX);
    const onAsked = (): void => {
      underWay += orders.acknowledged.size - sentBy(ledger);
    };
    stopMsMax = Math.max(stopMsMax, await stopInTheMidst(folder, { orders, taken, onAsked }));
  }
  expect(stopMsMax).toBeLessThan(STOP_MS_MAX);

  const acknowledged = orders.acknowledged.size;
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const { runs } = await client.quiet();
  expect(runs).toMatchObject({ failed: 0, paused: 0 });
  const recorded = new Map((await client.events('order.placed')).map(({ id, seq }) => [id, seq]));
  const lost = [...orders.acknowledged].filter(([id, seq]) => recorded.get(id) !== seq);
  expect(lost, 'acknowledged orders that the log does not hold').toEqual([]);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  const repeated = [...ledger.effects].filter(([, { attempts }]) => attempts.length > 1);
  expect(repeated, 'steps that were called twice').toEqual([]);
  expect(ledger.effects.size).toBe(2 * recorded.size);
  return { stops, acknowledged, underWay, stopMsMax: Math.round(stopMsMax) };
}

function configuration({ port, url }: EffectLedger): string {
  const call = (id: string): object => {
    return { id, http: { method: 'POST', url: `${url}/${id}` } };
  };
  return JSON.stringify({
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: {
      order: { on: 'order.placed', steps: [{ ...call('charge'), effect: 'ask' }, call('send')] },
    },
  });
}

/** Orders whose last step was called. */
function sentBy({ effects }: EffectLedger): number {
  return [...effects.keys()].filter((key) => key.endsWith('/send')).length;
}

interface Life {
  readonly orders: Orders;
  readonly taken: number;
  /** Called when the daemon is asked to stop. */
  readonly onAsked: () => void;
}

/** Lets a daemon take so many orders before it is asked to stop; how long that took, in ms. */
async function stopInTheMidst(folder: string, { orders, taken, onAsked }: Life): Promise<number> {
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const ended = new Promise<number>((resolve, reject) => {
    let left = taken;
    const onAcknowledged = (): void => {
      left--;
      if (left !== 0) return;
      onAsked();
      const asked = performance.now();
      daemon.end().then((code) => {
        if (code === 0) resolve(performance.now() - asked);
        else reject(new Error(`a daemon ended with ${code}:\n${daemon.log()}`));
      }, reject);
    };
    for (let n = 0; n < CLIENTS; n++) orders.place(client, onAcknowledged).catch(reject);
  });
  return ended;
}

/** Orders, each placed until somebody has acknowledged it. */
class Orders {
  readonly acknowledged = new Map<string, number>();
  readonly #unanswered: string[] = [];
  #placed = 0;

  /** Places orders until the daemon takes no more. */
  async place(client: ApiClient, onAcknowledged: () => void): Promise<void> {
    for (;;) {
      const id = this.#unanswered.pop() ?? `order-${this.#placed++}`;
      const answer = await client.emit({ type: 'order.placed', id });
      if (answer === undefined) return void this.#unanswered.push(id);
      this.acknowledged.set(id, answer.seq);
      onAcknowledged();
    }
  }
}
