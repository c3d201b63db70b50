import type { Event } from '../events/event.ts';
import { isOwnType } from '../events/own-types.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendPatiently } from '../store/patience.ts';
import { isImported, toEvent } from '../store/record.ts';
import type { Catalogs } from './catalogs.ts';
import type { LogFollower } from './follower.ts';
import { type HookVerdict, verdictRecord } from './hook-verdict.ts';
import { HOOKS } from '../runs/amended.ts';
import type { HookVerdicts } from './hook-verdicts.ts';
import { overlaid } from './hooks/answer.ts';
import type { Hook } from './hooks/hook.ts';
import { type Hearing, ROUTER, type Trouble } from './router.ts';

/** What the stage follows, asks and writes with. */
export interface HookStageOptions {
  readonly store: Store;
  /** Its own: a follower has one reader. */
  readonly follower: LogFollower;
  readonly catalogs: Catalogs;
  /** The hooks of `event:received`, in the order in which they are asked. */
  readonly hooks: readonly Hook[];
  readonly verdicts: HookVerdicts;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events that hooks are asked about at once, and the characters in their data. */
const EVENTS_MAX = 32;
const LENGTH_MAX = 4_194_304;

/** How long the stage waits before it tries again what went wrong. */
const TROUBLE_RETRY_MS = 1_000;

/** An event under consideration. */
interface Case {
  readonly record: LogRecord;
  event: Event;
  verdict: HookVerdict | undefined;
}

/** Events that are considered together, and the last seq of which nothing else is to be asked. */
interface Group {
  readonly cases: readonly Case[];
  readonly to: number;
}

/**
 * Asks the hooks of `event:received` about events from outside that a flow may want or wait for,
 * before they are routed. What they say is recorded with the stage's place, so that no event has
 * two verdicts; an event whose daemon died before it was routed is asked about again.
 */
export class HookStage implements Service, Hearing {
  readonly name = 'hook stage';
  readonly #options: HookStageOptions;
  readonly #stopping = new AbortController();
  /** Up to here everything is said. */
  #at = 0;
  /** The place that the store knows. */
  #recorded = 0;
  #trouble: Trouble | undefined;
  #whenHeard: (() => void) | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: HookStageOptions) {
    this.#options = options;
  }

  /** Why no hook is asked at present; undefined where all is well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** What the router has passed is decided: hooks that came later are not asked about it. */
  async start(): Promise<void> {
    const { store } = this.#options;
    this.#recorded = (await store.checkpoint(HOOKS)).seq;
    this.#at = Math.max(this.#recorded, (await store.checkpoint(ROUTER)).seq);
    this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.follower.wake();
    this.#options.verdicts.wake();
    await this.#loop;
  }

  async heard(records: readonly LogRecord[], signal: AbortSignal): Promise<readonly LogRecord[]> {
    const first = records[0]?.seq ?? 0;
    while (this.#at < first && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#whenHeard = done;
        signal.addEventListener('abort', done);
      });
    }
    const last = records.at(-1)?.seq ?? 0;
    return last <= this.#at ? records : records.filter(({ seq }) => seq <= this.#at);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#step(signal);
        this.#trouble = undefined;
      } catch (error) {
        await this.#suffer(messageOf(error));
      }
    }
  }

  /** What stops the stage stops the router too: it is told, and tried again. */
  async #suffer(reason: string): Promise<void> {
    const { time, clock, logger } = this.#options;
    if (this.#trouble === undefined) logger.error('no hook is asked', { reason });
    this.#trouble ??= { reason, since: time.now() };
    await delay(clock, TROUBLE_RETRY_MS, this.#stopping.signal);
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { follower, verdicts } = this.#options;
    await verdicts.room();
    await follower.wait(this.#at);
    const records = await follower.next(this.#at);
    const group = await this.#group(records);
    for (const hook of this.#options.hooks) {
      const heard = await this.#ask(hook, group.cases, signal);
      if (!heard) return;
    }
    await this.#record(group, signal);
  }

  /** A prefix of the records, with those of them that hooks are asked about. */
  async #group(records: readonly LogRecord[]): Promise<Group> {
    const cases: Case[] = [];
    let length = 0;
    for (const record of records) {
      if (!(await this.#isAsked(record))) continue;
      if (cases.length === EVENTS_MAX || length > LENGTH_MAX) return { cases, to: record.seq - 1 };
      const event = eventOf(record, this.#options.store);
      if (event !== undefined) cases.push({ record, event, verdict: undefined });
      length += record.data.length;
    }
    return { cases, to: records.at(-1)?.seq ?? this.#at };
  }

  /** Hooks hear of what came from outside or was emitted, never of what we record ourselves. */
  async #isAsked(record: LogRecord): Promise<boolean> {
    const { seq, type, source, stream } = record;
    if (stream !== null || source === null || isOwnType(type) || isImported(record)) return false;
    const { catalogs, hooks } = this.#options;
    const { index } = catalogs.loadedAt(seq) ?? (await catalogs.at(seq));
    const isWanted = index.mayMatch(type) || index.mayBeAwaited(type);
    return isWanted && hooks.some((hook) => hook.wants(type));
  }

  /**
   * Asks one hook about all of them, so that it is called in their order. False where the daemon
   * stops.
   */
  async #ask(hook: Hook, cases: readonly Case[], signal: AbortSignal): Promise<boolean> {
    const open = cases.filter(
      ({ record, verdict }) => verdict?.kind !== 'filtered' && hook.wants(record.type),
    );
    const answers = await Promise.all(open.map((each) => askAbout(hook, each, signal)));
    return !answers.includes('aborted');
  }

  async #record({ cases, to }: Group, signal: AbortSignal): Promise<void> {
    const { store, clock, time, logger, verdicts } = this.#options;
    const { identity } = store;
    const received = time.now();
    const said = cases.flatMap(({ record, verdict }) => {
      if (verdict === undefined) return [];
      return [
        { verdict, event: record, record: verdictRecord(record, verdict, { identity, received }) },
      ];
    });
    if (said.length > 0) {
      const writes = said.map(({ record }) => ({ kind: 'event', record }) as const);
      const checkpoint = { consumer: HOOKS, from: this.#recorded, to, state: '{}' };
      const waiting = { clock, time, signal };
      const { kind } = await appendPatiently(store, { writes, checkpoint }, waiting);
      if (kind !== 'appended') {
        if (signal.aborted) return;
        throw new Error('somebody else asks hooks about this log: their checkpoint has moved');
      }
      this.#recorded = to;
      for (const { verdict, event, record } of said) {
        verdicts.add(event.seq, verdict, record.data.length);
        logger.info('a hook spoke', {
          event: event.seq,
          hook: verdict.hook,
          verdict: verdict.kind,
        });
      }
    }
    this.#advance(to);
  }

  #advance(to: number): void {
    this.#at = to;
    const whenHeard = this.#whenHeard;
    this.#whenHeard = undefined;
    whenHeard?.();
  }
}

/** Notes what the hook says of the event. */
async function askAbout(hook: Hook, about: Case, signal: AbortSignal): Promise<'aborted' | 'said'> {
  const { event, verdict } = about;
  const unknown = { handler: null, run: null, result: null, reason: null };
  const answer = await hook.ask({ event, ...unknown }, signal);
  if (answer.kind === 'aborted') return 'aborted';
  if (answer.kind === 'filter') {
    const { action, reason } = answer;
    about.verdict = { kind: 'filtered', action, hook: hook.title, reason };
  } else if (answer.kind === 'modify') {
    const data = overlaid(event.data, answer.data);
    const before = verdict?.kind === 'amended' ? `${verdict.hook}, ` : '';
    about.event = { ...event, data };
    about.verdict = { kind: 'amended', hook: `${before}${hook.title}`, data };
  }
  return 'said';
}

/** Undefined where its data cannot be read: then matching says so. */
function eventOf(record: LogRecord, { identity }: Store): Event | undefined {
  try {
    return toEvent(record, identity);
  } catch {
    return undefined;
  }
}
