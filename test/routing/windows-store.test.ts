import { afterEach, expect, test } from 'vitest';
import type { Gather } from '../../src/flows/flow.ts';
import { closingRecord, memberOf, seqsOf } from '../../src/routing/window.ts';
import { Windows, windowWrites } from '../../src/routing/windows.ts';
import { decodeWindowClosed, windowEvent } from '../../src/runs/window-closed.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import { toRecord } from '../../src/store/record.ts';
import { type DurableLog, sqliteLogs } from '../simulation/engine/durable-log.ts';

const EVENTS = 2_500;
const KEYS = 1_250;
const gather: Gather = { kind: 'debounce', quietMs: 100, maxMs: 10_000, size: 10 };
const newLog = await sqliteLogs();
const logs: DurableLog[] = [];

afterEach(() => {
  for (const log of logs.splice(0)) log.close();
});

/** A log with events of many keys, two of each. */
async function filledLog(): Promise<DurableLog> {
  const log = newLog();
  logs.push(log);
  const store = await log.open(new SimulatedClock());
  const writes = Array.from({ length: EVENTS }, (_, i) => {
    const draft = { type: 'pushed', source: 'git', data: `{"n":${i}}` };
    return { kind: 'event', record: toRecord(draft, 1_000 + i) } as const;
  });
  await append(store, { writes });
  return log;
}

async function append(store: Store, unit: Unit): Promise<number> {
  const result = await store.append(unit);
  if (result.kind !== 'appended') throw new Error(`the store says ${result.kind}`);
  return result.first;
}

function move(from: number, to: number): NonNullable<Unit['checkpoint']> {
  return { consumer: 'router', from, to, state: '{}' };
}

/** Gathers every event of the log in one round. */
async function gatherAll(store: Store): Promise<Windows> {
  const windows = await Windows.load(store);
  const stage = windows.stage();
  for (let after = 0; after < EVENTS;) {
    const records = await store.read({ after, limit: 1_000 });
    for (const record of records) {
      const key = `k${record.seq % KEYS}`;
      windows.join(stage, { flow: 'a', key, gather }, memberOf(record, store.identity));
    }
    after = records.at(-1)?.seq ?? EVENTS;
  }
  await append(store, { writes: [], checkpoint: move(0, EVENTS), windows: windowWrites(stage) });
  windows.commit(stage);
  return windows;
}

test('windows that a session gathered are the next one’s, in order', async () => {
  const log = await filledLog();
  const gathered = await gatherAll(await log.open(new SimulatedClock()));
  const store = await log.open(new SimulatedClock());
  const loaded = await Windows.load(store);
  expect((await store.checkpoint('router')).seq).toBe(EVENTS);
  expect(loaded.size).toBe(KEYS);
  const [before, after] = [gathered.stage(), loaded.stage()];
  for (let left = KEYS; left > 0; left--) {
    const open = loaded.overdue(99_999);
    expect(open).toEqual(gathered.overdue(99_999));
    if (open === undefined) break;
    gathered.close(before, open);
    loaded.close(after, open);
  }
  expect([loaded.size, loaded.nextDue]).toEqual([0, undefined]);
});

test('a window closes in one commit, though the router’s place stays where it is', async () => {
  const log = await filledLog();
  const store = await log.open(new SimulatedClock());
  const windows = await gatherAll(store);
  const open = windows.overdue(99_999);
  if (open === undefined) throw new Error('the first window is due');
  const stage = windows.stage();
  windows.close(stage, open);
  const closed = await append(store, {
    writes: [{ kind: 'event', record: closingRecord(open, 20_000) }],
    checkpoint: move(EVENTS, EVENTS),
    windows: windowWrites(stage),
  });
  windows.commit(stage);
  expect((await Windows.load(store)).size).toBe(KEYS - 1);

  const [record] = await store.readAt([closed]);
  if (record === undefined) throw new Error('the record is durable');
  const seqs = decodeWindowClosed(record)?.events ?? [];
  expect(seqs).toEqual(seqsOf(open.window));
  const event = windowEvent(record, await store.readAt(seqs), store.identity);
  expect(event.data).toMatchObject({
    key: open.key,
    count: 2,
    truncated: false,
    events: seqs.map((seq) => ({ type: 'pushed', data: { n: seq - 1 } })),
  });
});
