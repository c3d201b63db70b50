import type { People } from '../identity/people.ts';
import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityRow } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { idOf, ownRecord } from '../store/record.ts';
import { type Proposal, proposalOf } from './proposal.ts';
import {
  addressees,
  type Addressees,
  approversToRemind,
  nextNotice,
  type Notice,
  type Reminded,
} from './reminding.ts';

/** What reminders stand on. */
export interface RemindersOptions {
  readonly store: Pick<
    Store,
    'append' | 'cursors' | 'entities' | 'entity' | 'readAt' | 'onCommitted' | 'identity'
  >;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly people: () => People;
  readonly logger: Logger;
}

/** Where it is kept what was said: rows beside those of the sources. */
const ROWS = 'signalbox:reminders';
/** Proposals that are watched at once; of others nobody is reminded until a restart finds room. */
const WATCHED_MAX = 10_000;
const PAGE = 500;
/** The longest that nobody looks: a clock that is set forward is noticed then. */
const LOOK_MS_MAX = Math.min(3_600_000, TIMER_DELAY_MS_MAX);
/** How long after a look that failed the next one is. */
const AGAIN_MS = 5_000;

interface Watched extends Reminded {
  readonly id: number;
  readonly proposal: Proposal;
  readonly openedAt: number;
}

/**
 * Says that a proposal is still open, to whom it concerns, by events that channels and flows hear:
 * `proposal.reminded` and `proposal.escalated`. When they are due follows from the proposal's own
 * record; that one was said moves in the commit that says it, so that it is said once.
 */
export class Reminders implements Service {
  readonly name = 'reminders';
  readonly #options: RemindersOptions;
  readonly #watched = new Map<number, Watched>();
  #timer: Timer | undefined;
  #works = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: RemindersOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#hear(records));
  }

  async start(): Promise<void> {
    this.#works = true;
    await this.#load();
    this.#look();
  }

  async stop(): Promise<void> {
    this.#works = false;
    this.#timer?.cancel();
    await this.#turn;
  }

  #hear(records: readonly LogRecord[]): void {
    if (!this.#works) return;
    for (const { type, seq, stream } of records) {
      if (type === 'proposal.opened') this.#inTurn(() => this.#watch(seq));
      else if (stream !== null && type.startsWith('proposal.'))
        this.#inTurn(() => this.#drop(stream));
    }
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#options.logger.warn('a reminder is late', { error: messageOf(error) });
      this.#armIn(AGAIN_MS);
    });
  }

  /** What stands open from before; what was said of those that do not is forgotten. */
  async #load(): Promise<void> {
    const { store } = this.#options;
    const said = await store.cursors({ source: ROWS, limit: WATCHED_MAX });
    const known = new Map(
      said.map(({ key, value }) => [Number(key), JSON.parse(value) as Reminded]),
    );
    for (let before: number | undefined; this.#watched.size < WATCHED_MAX;) {
      const rows = await store.entities({ kind: 'proposal', open: true, limit: PAGE, before });
      for (const row of rows) await this.#add(row, known.get(row.id));
      before = rows.at(-1)?.id;
      if (rows.length < PAGE) break;
    }
    const gone = [...known.keys()].filter((id) => !this.#watched.has(id));
    const cursors = gone.map((id) => ({ source: ROWS, key: String(id), value: null }));
    if (cursors.length > 0) await store.append({ writes: [], cursors: cursors.slice(0, PAGE) });
  }

  async #watch(id: number): Promise<void> {
    const row = await this.#options.store.entity(id);
    if (row === undefined || row.ended !== null) return;
    await this.#add(row, undefined);
    this.#look();
  }

  async #add(row: EntityRow, said: Reminded = { reminded: 0, escalated: false }): Promise<void> {
    const proposal = proposalOf(row);
    if (proposal.remind === null && proposal.escalate.length === 0) return;
    if (this.#watched.size >= WATCHED_MAX && !this.#watched.has(row.id)) return;
    const [first] = await this.#options.store.readAt([row.id]);
    if (first === undefined) return;
    this.#watched.set(row.id, { id: row.id, proposal, openedAt: first.received, ...said });
  }

  /** Any further record may be its end; one that is only a vote leaves it open. */
  async #drop(id: number): Promise<void> {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    const row = await this.#options.store.entity(id);
    if (row !== undefined && row.ended === null) return;
    this.#watched.delete(id);
    if (watched.reminded === 0 && !watched.escalated) return;
    const cursors = [{ source: ROWS, key: String(id), value: null }];
    await this.#options.store.append({ writes: [], cursors });
  }

  #look(): void {
    this.#inTurn(async () => {
      const now = this.#options.time.now();
      for (const watched of Array.from(this.#watched.values())) {
        const notice = noticeOf(watched);
        if (notice !== undefined && notice.at <= now) await this.#say(watched, notice);
      }
      const next = Math.min(
        ...[...this.#watched.values()].map((each) => noticeOf(each)?.at ?? LATER),
      );
      this.#armIn(next - this.#options.time.now());
    });
  }

  #armIn(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#works) return;
    const bounded = Math.max(0, Math.min(LOOK_MS_MAX, delayMs));
    this.#timer = this.#options.clock.schedule(bounded, () => this.#look());
  }

  /** After a long time away one word is said for all that were due. */
  async #say(watched: Watched, { kind }: Notice): Promise<void> {
    const { store, time, people } = this.#options;
    const { id, proposal, openedAt } = watched;
    const now = time.now();
    const isReminder = kind === 'remind';
    const due = Math.floor((now - openedAt) / Math.max(1, proposal.remind ?? 1));
    const said: Reminded = isReminder
      ? { reminded: Math.max(watched.reminded + 1, due), escalated: watched.escalated }
      : { reminded: watched.reminded, escalated: true };
    const whom: Addressees = isReminder
      ? { to: approversToRemind(proposal, people()), channels: [] }
      : addressees(proposal.escalate, people());
    const { flow, step, run, risk, summary, expires, hash } = proposal;
    const data = {
      proposal: idOf(store.identity, id),
      flow,
      step,
      run,
      risk,
      summary,
      hash,
      ...whom,
      waiting_ms: now - openedAt,
      expires: expires === null ? null : new Date(expires).toISOString(),
    };
    const type = isReminder ? 'proposal.reminded' : 'proposal.escalated';
    const [first] = await store.readAt([id]);
    const cause = {
      correlation: first?.correlation ?? null,
      causation: id,
      hops: first?.hops ?? 0,
    };
    const record = { ...ownRecord(type, JSON.stringify(data), now, cause), subject: flow };
    const cursors = [{ source: ROWS, key: String(id), value: JSON.stringify(said) }];
    const result = await store.append({ writes: [{ kind: 'event', record }], cursors });
    if (result.kind !== 'appended') throw new Error('the disk is full');
    this.#watched.set(id, { ...watched, ...said });
  }
}

const LATER = Number.MAX_SAFE_INTEGER;

function noticeOf({ proposal, openedAt, ...said }: Watched): Notice | undefined {
  return nextNotice(proposal, openedAt, said);
}
