import type { Clock, Timer } from '../../std/clock.ts';
import { messageOf } from '../../std/errors.ts';
import type { Logger } from '../../std/logger.ts';
import type { Service } from '../../std/service.ts';
import type { Cuttable, KeptRecord, StorageCare, Usage } from '../../store/care.ts';
import type { Store } from '../../store/contract.ts';
import type { EngineTime } from '../../store/engine-time.ts';
import { ownRecord } from '../../store/record.ts';
import { auditStateAt } from '../audit.ts';
import type { Catalogs } from '../catalogs.ts';
import { archivePart } from './archive.ts';
import { cutBefore, type RetentionPolicy } from './policy.ts';
import { CutSummary } from './trimmed.ts';

export interface RetentionOptions {
  readonly store: Store;
  readonly policy: RetentionPolicy;
  readonly catalogs: Catalogs;
  /** The last seq that every consumer has seen for good, and that no open window holds. */
  readonly floor: () => Promise<number>;
  /** The last seq that is routed. */
  readonly routed: () => number;
  /** About how many records one cut takes out: 50,000 unless told. */
  readonly cutRecords?: number;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How the store does against its budget. */
export interface StorageView {
  /** Bytes that hold something; null where the database keeps count itself. */
  readonly used: number | null;
  /** What it may take up; null where that is anything. */
  readonly budget: number | null;
  /** The last event that was taken out; 0 where none was. */
  readonly trimmed: number;
}

/** How often is looked whether something may be cut. */
const LOOK_MS = 60_000;
/** About how many records one cut takes out: each costs a record of its own. */
const CUT_RECORDS = 50_000;
/** Fewer are cut only after so long, so that a quiet log is not cut event by event. */
const CUT_RECORDS_FEW = 1_000;
const QUIET_MS = 3_600_000;
/** The share that is cut beyond what is over the budget, so that it is not cut all the time. */
const SPARE_SHARE = 0.05;
/** Records whose digests are asked for at once. */
const DIGESTS = 1_000;

/**
 * Takes the oldest part out of the log when its time is over, or when the store is over its budget,
 * a little at a time, so that nobody waits for it. What it does is recorded before it is done, and
 * each step may be the last one before a crash.
 */
export class Retention implements Service {
  readonly name = 'retention';
  readonly #options: RetentionOptions;
  readonly #care: StorageCare | undefined;
  #timer: Timer | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;
  #readers = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  #usage: Usage | undefined;
  #trimmed = 0;
  #overSince: number | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#care = options.store.care;
  }

  get view(): StorageView {
    const { size = null } = this.#options.policy;
    const used = this.#usage?.used ?? null;
    return { used, budget: size, trimmed: this.#trimmed };
  }

  /** The same as it is now. */
  async fresh(): Promise<StorageView> {
    await this.#look();
    return this.view;
  }

  /** That the store is over its budget and nothing may be cut, since when; null where not. */
  get overBudget(): { readonly reason: string; readonly since: number } | null {
    if (this.#overSince === undefined) return null;
    const left = 'what is left is needed by open work, or not read yet';
    const reason = `the store is over its budget, and ${left}`;
    return { reason, since: this.#overSince };
  }

  async start(): Promise<void> {
    await this.#look();
    this.#arm(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#work;
  }

  /** Nothing is taken out while somebody reads the whole log. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      await this.#work;
      return await work();
    } finally {
      this.#readers--;
    }
  }

  /** Does all that is to be done now. Resolves when nothing is left, or somebody reads. */
  async run(): Promise<void> {
    while (!this.#stopped && this.#readers === 0 && (await this.#step()));
    await this.#look();
  }

  #arm(delayMs: number): void {
    if (this.#stopped || this.#care === undefined) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#work = this.run().catch((error: unknown) => {
        this.#options.logger.warn('nothing could be taken out of the log', {
          because: messageOf(error),
        });
      });
      void this.#work.then(() => this.#arm(LOOK_MS));
    });
  }

  async #look(): Promise<void> {
    this.#usage = await this.#care?.usage();
    this.#trimmed = (await this.#care?.cut())?.last ?? 0;
  }

  /** One short step; false where nothing is left to be done. */
  async #step(): Promise<boolean> {
    const { policy, time, clock } = this.#options;
    if (this.#care === undefined) return false;
    const now = time.now();
    if (await this.#care.sweep(now)) return true;
    const { used } = (this.#usage = await this.#care.usage());
    const received = cutBefore(policy, { now, used });
    const isOver = policy.size !== undefined && used > policy.size;
    if (!isOver) this.#overSince = undefined;
    if (received === undefined) return false;
    const until = await this.#options.floor();
    const most = this.#options.cutRecords ?? CUT_RECORDS;
    const records = isOver ? Math.min(most, this.#share(used, policy.size)) : most;
    const part = await this.#care.cuttable({ received, until, records });
    const isStuck = isOver && part === undefined;
    this.#overSince = isStuck ? (this.#overSince ?? now) : undefined;
    if (part === undefined) return false;
    const isFew = part.last - part.first + 1 < Math.min(most / 2, CUT_RECORDS_FEW);
    if (isFew && !isOver && clock.monotonic() - this.#cutAt < QUIET_MS) return false;
    return this.#cut(this.#care, part);
  }

  /** About how many records hold what the store has too much of, and a little more. */
  #share(used: number, size: number): number {
    const records = this.#options.store.head() - this.#trimmed;
    const share = ((used - size) / used + SPARE_SHARE) * records;
    return Math.max(CUT_RECORDS_FEW, Math.ceil(share));
  }

  async #cut(care: StorageCare, part: Cuttable): Promise<boolean> {
    const { store, policy, catalogs, routed, time, clock, logger } = this.#options;
    const summary = new CutSummary(policy);
    const audited = { store, catalogs, routed: routed() };
    const each = summary.add.bind(summary);
    const { last: _, ...audit } = await auditStateAt(audited, { until: part.last, each });
    const kept = await withDigests(care, summary.kept);
    const archive = await this.#archive(care, part);
    const data = JSON.stringify(summary.data(part, { kept, audit, archive }));
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord('log.trimmed', data, time.now(), cause);
    const result = await store.append({ writes: [{ kind: 'event', record }] });
    if (result.kind !== 'appended') return false;
    const { first, last } = part;
    const isCut = await care.trim({ from: first - 1, to: last, event: result.first, kept });
    this.#cutAt = clock.monotonic();
    if (isCut) logger.info('the oldest part was taken out of the log', { first, last });
    return isCut;
  }

  async #archive(
    care: StorageCare,
    part: Cuttable,
  ): Promise<Awaited<ReturnType<typeof archivePart>> | null> {
    const { archive: directory } = this.#options.policy;
    if (directory === undefined) return null;
    const logId = this.#options.store.identity.names[0]?.logId ?? '';
    return archivePart(care, part, { directory, logId });
  }
}

async function withDigests(
  care: StorageCare,
  kept: readonly Omit<KeptRecord, 'digest'>[],
): Promise<KeptRecord[]> {
  const found: KeptRecord[] = [];
  for (let from = 0; from < kept.length; from += DIGESTS) {
    const some = kept.slice(from, from + DIGESTS);
    const digests = await care.digests(some.map(({ seq }) => seq));
    for (const [i, one] of some.entries()) found.push({ ...one, digest: digests[i] ?? '' });
  }
  return found;
}
