import { expect, test } from 'vitest';
import type { RunRow, Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { flowOf, stepOf } from './pieces.ts';
import { done, held } from './scripted.ts';
import { type Act, Workshop, type WorkshopOptions } from './workshop.ts';

const flow = flowOf(stepOf());
const wanted = { event: 'signal', match: [] };
const awaits: Act = async () => ({ kind: 'await', wanted, until: null });

/** A store that counts the rows that it is asked for to find who is due. */
function counting(): { readonly wrap: (store: Store) => Store; asked: number; rows: number } {
  const counter = {
    asked: 0,
    rows: 0,
    wrap: (store: Store) => {
      return alteredStore(store, {
        claimable: async (query) => {
          const found = await store.claimable(query);
          counter.asked++;
          counter.rows += found.length;
          return found;
        },
      });
    },
  };
  return counter;
}

async function started(options: Partial<WorkshopOptions>): Promise<Workshop> {
  return Workshop.started({ flow, act: async () => done, ...options });
}

/** Has so many runs wait for an event, and all of them take it at the same moment. */
async function wakeTogether(runs: number, slots: number): Promise<{ asked: number; rows: number }> {
  const counter = counting();
  const shop = await started({ act: awaits, slots, wrap: counter.wrap });
  const waiting: RunRow[] = [];
  for (let n = 0; n < runs; n++) waiting.push(await shop.reaches(await shop.begin(), 'waiting'));
  Object.assign(counter, { asked: 0, rows: 0 });
  const { signal } = new AbortController();
  await Promise.all(
    waiting.map(({ id: run, version: registered, event }) =>
      shop.runner.take({ run, registered, step: 'build' }, { event }, signal),
    ),
  );
  for (const { id } of waiting) await shop.reaches(id, 'succeeded');
  expect(shop.runner.lanes.taken).toBe(0);
  const { asked, rows } = counter;
  return { asked, rows };
}

test.each([4, 100, 2_000])(
  'runs that wake together are not looked up, with %i slots',
  async (n) => {
    const { asked, rows } = await wakeTogether(400, n);
    expect(asked).toBeLessThanOrEqual(4);
    expect(rows).toBeLessThanOrEqual(400);
  },
);

test('what is queued is read about once, however many are begun meanwhile', async () => {
  const counter = counting();
  const { act, calls, release } = held();
  const shop = await Workshop.open({ flow, act, slots: 1_200, wrap: counter.wrap });
  for (let n = 0; n < 2_400; n++) await shop.queue();
  await shop.runner.start();
  await shop.until(() => calls.length === 1_200);
  release();
  // Nothing but what has ended says that there is more: the clock stands still.
  await shop.until(() => calls.length === 2_400);
  expect(counter.asked).toBeLessThan(60);
  expect(counter.rows).toBeLessThan(12_000);
});
