import { once } from 'node:events';
import { expect } from 'vitest';
import type { Receipts } from '../../src/routing/receipts.ts';
import type { Stats, VerifyReport } from '../../src/views/engine-view.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { EventDetail } from '../../src/views/event-view.ts';
import type { Why } from '../../src/views/why.ts';
import { makeFolder, type RunningDaemon, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { type Known, LogCount } from './log-count.ts';
import { LAST, mixedConfiguration, numberedEvent } from './mixed-flows.ts';
import { expectSoundLog } from './siege.ts';

export interface AccountingPlan {
  readonly seed: number;
  readonly events: number;
  /** How often a daemon is killed while events come. */
  readonly kills: number;
  /** How many ids are asked what they are, beside one of each kind of record. */
  readonly samples: number;
}

export interface AccountingReport {
  readonly events: number;
  readonly records: number;
  readonly kills: number;
  readonly sentAgain: number;
  readonly sum: object;
  readonly explained: number;
}

/** Clients that emit at once. */
const CLIENTS = 16;
/** Of so many events one is sent again although it was answered, and one under another's id. */
const AGAIN_EVERY = 50;
const ALTERED_EVERY = 200;
/** Ids that are explained by the command line, which starts for each. */
const BY_COMMAND = 6;

/**
 * Sends numbered events to daemons that are killed, with flows that do everything to them that may
 * be done, and holds what clients were told, what the log says and what the daemon counted against
 * each other. Then it asks about ids of the log, as anybody may.
 */
export async function account(plan: AccountingPlan): Promise<AccountingReport> {
  const folder = makeFolder({ 'signalbox.yaml': mixedConfiguration() });
  const sender = new Sender(plan);
  for (let kill = 1; kill <= plan.kills; kill++) await sender.live(folder, kill);
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  // What lives before have kept: by the hour, and those that had the time to stop.
  const kept = (await client.get<Stats>('/stats')).receipts;
  const { duplicates, conflicts } = await sender.finish(client);
  const receipts = {
    duplicates: kept.duplicates + duplicates,
    conflicts: kept.conflicts + conflicts,
  };
  expect(sender.acknowledged.size, 'each event and the last one').toBe(plan.events + 1);
  expect(sender.faults).toEqual([]);
  const stats = await settle(client);
  expect(stats.receipts).toMatchObject(receipts);
  const verified = (await signalboxJson(folder, ['verify'])) as VerifyReport;
  expect(verified).toMatchObject({ ok: true, first_bad: null });
  const letters = await countLetters(client);
  expect(await daemon.end()).toBe(0);

  const counted = new LogCount(sender.acknowledged, plan);
  await counted.read(folder, verified.events);
  expect(counted.faults).toEqual([]);
  expect(verified.sum).toMatchObject(counted.sum());
  expect(letters).toEqual(counted.letters());
  expect(stats.dispositions).toMatchObject(counted.matches());
  await expectSoundLog(folder);
  const explained = await explainAll(folder, counted.sample(), receipts);
  return {
    events: plan.events,
    records: counted.records,
    kills: plan.kills,
    sentAgain: sender.sentAgain,
    sum: counted.sum(),
    explained,
  };
}

/** Sends each event until somebody acknowledges it, and some of them again. */
class Sender {
  /** The seq under which each event was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  sentAgain = 0;
  /** Answers that no client may get. */
  readonly faults: string[] = [];
  readonly #plan: AccountingPlan;
  readonly #random: () => number;
  readonly #unanswered: number[] = [];
  #next = 0;

  constructor(plan: AccountingPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
  }

  /** One daemon takes its share of the events, and is killed in the middle of what it does. */
  async live(folder: string, kill: number): Promise<void> {
    const { events, kills } = this.#plan;
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const share = events / (kills + 1);
    const enough = Math.ceil((kill - 1 + 0.5 + this.#random() / 2) * share);
    const exit = once(daemon.child, 'exit');
    let killed = false;
    const senders = Array.from({ length: CLIENTS }, async () => {
      while (await this.#send(client)) {
        if (killed || this.acknowledged.size < enough) continue;
        killed = true;
        daemon.child.kill('SIGKILL');
      }
    });
    await Promise.all([exit, ...senders]);
  }

  /** A last daemon takes the rest; what it was sent that was no new event. */
  async finish(client: ApiClient): Promise<Omit<Receipts, 'refused'>> {
    const receipts = { duplicates: 0, conflicts: 0 };
    const senders = Array.from({ length: CLIENTS }, async () => {
      while (await this.#send(client, receipts));
    });
    await Promise.all(senders);
    const last = await client.emit(LAST);
    this.acknowledged.set(LAST.id, last?.seq ?? 0);
    return receipts;
  }

  /** False where there is no more to send, or nobody to send it to. */
  async #send(client: ApiClient, receipts = { duplicates: 0, conflicts: 0 }): Promise<boolean> {
    const n = this.#unanswered.pop() ?? this.#next++;
    if (n >= this.#plan.events) return false;
    const { id } = numberedEvent(n);
    const answer = await client.emit(numberedEvent(n));
    if (answer === undefined) {
      this.#unanswered.push(n);
      return false;
    }
    this.#expectPlace(id, answer.seq);
    this.acknowledged.set(id, answer.seq);
    if (answer.duplicate) receipts.duplicates++;
    if (n % AGAIN_EVERY === 0) await this.#sendAgain(client, n, receipts);
    if (n % ALTERED_EVERY === 1) await this.#sendAltered(client, n, receipts);
    return true;
  }

  async #sendAgain(client: ApiClient, n: number, receipts: { duplicates: number }): Promise<void> {
    const answer = await client.emit(numberedEvent(n));
    if (answer === undefined) return;
    if (!answer.duplicate) this.faults.push(`event ${n} was recorded twice`);
    this.#expectPlace(numberedEvent(n).id, answer.seq);
    receipts.duplicates++;
    this.sentAgain++;
  }

  async #sendAltered(client: ApiClient, n: number, receipts: { conflicts: number }): Promise<void> {
    const answer = await client.post(numberedEvent(n, true)).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.status !== 409) this.faults.push(`another event ${n} was taken: ${answer.status}`);
    receipts.conflicts++;
  }

  #expectPlace(id: string, seq: number): void {
    const known = this.acknowledged.get(id) ?? seq;
    if (known !== seq) this.faults.push(`${id} was acknowledged at ${known} and at ${seq}`);
  }
}

/**
 * Resolves when the last window has closed and no run is open. What is open is asked for after the
 * rest: only the next answer tells that nothing was recorded in between.
 */
async function settle(client: ApiClient): Promise<Stats> {
  for await (const { type } of client.stream('day.settled')) if (type === 'day.settled') break;
  for (let idleAt = 0; ;) {
    const stats = await client.get<Stats>('/stats');
    if (stats.events === idleAt) return stats;
    const { queued, running, waiting } = stats.runs;
    const open = queued + running + waiting;
    if (open + stats.lag.router === 0) idleAt = stats.events;
    else await client.statsAt(stats.events + open);
  }
}

/** How many dead letters are open, by what they are about. */
async function countLetters(client: ApiClient): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (const { kind } of await client.letters()) count[kind] = (count[kind] ?? 0) + 1;
  return count;
}

/** Asks a daemon about each id; what it says is what the log says. */
async function explainAll(
  folder: string,
  sample: readonly Known[],
  receipts: Omit<Receipts, 'refused'>,
): Promise<number> {
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  expect((await client.get<Stats>('/stats')).receipts, 'kept over a stop').toMatchObject(receipts);
  for (const known of sample) {
    const { id, type, fates } = known;
    const why = await client.get<Why>(`/events/${id}/why`);
    expect(why.reason, `why ${id} of type ${type}`).not.toBe('');
    expect(why.chain.at(-1)?.type).toBe(type);
    if (fates === undefined) continue;
    expect(fatesIn(why.fates), `why ${id}`).toEqual(fates);
    const { disposition } = await client.get<EventDetail>(`/events/${id}`);
    expect(fatesIn(disposition), `events show ${id}`).toEqual(fates);
  }
  await explainByCommand(folder, sample, daemon);
  return sample.length;
}

async function explainByCommand(
  folder: string,
  sample: readonly Known[],
  daemon: RunningDaemon,
): Promise<void> {
  const step = Math.ceil(sample.length / BY_COMMAND);
  for (const { id, fates } of sample.filter((_, i) => i % step === 0)) {
    const why = (await signalboxJson(folder, ['why', id])) as Why;
    expect(why.id).toBe(id);
    if (fates !== undefined) expect(fatesIn(why.fates)).toEqual(fates);
  }
  expect(await daemon.end()).toBe(0);
}

/** What became of an event at each flow, by the flow's name. */
function fatesIn(
  fates: readonly { readonly flow: string; readonly outcome: string }[],
): Record<string, string> {
  return Object.fromEntries(fates.map(({ flow, outcome }) => [flow, outcome]));
}
