import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import { type Notice, NoticeReader } from './hook-notices.ts';
import type { Hook, HookPayload } from './hooks/hook.ts';
import type { Hooks } from './hooks/hooks.ts';

/** What the notifier listens to, and whom it tells. */
export interface HookNotifierOptions {
  readonly store: Store;
  readonly hooks: Pick<Hooks, 'at'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Notices that wait for one hook; what comes on top is left out, and counted. */
const NOTICES_MAX = 1_000;
/** How long a stop waits for what is still to be told. */
const STOP_MS = 1_000;

/**
 * Tells hooks what happened, in the order of the log, and delays nothing: each hook has a queue of
 * its own. It begins at the log's head, and what it did not tell before it ended, nobody tells.
 */
export class HookNotifier implements Service {
  readonly name = 'hook notifier';
  readonly #options: HookNotifierOptions;
  readonly #reader = new NoticeReader();
  readonly #stopping = new AbortController();
  readonly #queues: readonly NoticeQueue[];
  #listens = false;

  constructor(options: HookNotifierOptions) {
    this.#options = options;
    const { signal } = this.#stopping;
    this.#queues = NAMES.flatMap((name) =>
      options.hooks.at(name).map((hook) => new NoticeQueue(hook, { ...options, signal })),
    );
    if (this.#queues.length > 0) options.store.onCommitted((records) => this.#hear(records));
  }

  async start(): Promise<void> {
    this.#listens = true;
  }

  async stop(): Promise<void> {
    this.#listens = false;
    const told = Promise.all(this.#queues.map((queue) => queue.idle()));
    const patience = new AbortController();
    await Promise.race([told, delay(this.#options.clock, STOP_MS, patience.signal)]);
    patience.abort();
    this.#stopping.abort();
    await told;
  }

  #hear(records: readonly LogRecord[]): void {
    if (!this.#listens) return;
    for (const record of records) {
      for (const notice of this.#reader.read(record)) {
        for (const queue of this.#queues) queue.add(notice);
      }
    }
  }
}

const NAMES = [
  'event:queued',
  'event:handler:start',
  'event:handler:end',
  'event:dropped',
  'source:started',
  'source:stopped',
  'source:error',
] as const;

type QueueOptions = HookNotifierOptions & { readonly signal: AbortSignal };

/** What one hook is yet to be told. */
class NoticeQueue {
  readonly #hook: Hook;
  readonly #options: QueueOptions;
  #notices: Notice[] = [];
  #leftOut = 0;
  #telling: Promise<void> | undefined;

  constructor(hook: Hook, options: QueueOptions) {
    this.#hook = hook;
    this.#options = options;
  }

  add(notice: Notice): void {
    if (notice.hook !== this.#hook.name) return;
    if (this.#notices.length >= NOTICES_MAX) {
      this.#leftOut++;
      return;
    }
    this.#notices.push(notice);
    this.#telling ??= this.#tellAll();
  }

  /** Resolves when all is told, or given up. */
  async idle(): Promise<void> {
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    const { signal, logger } = this.#options;
    while (this.#notices.length > 0 && !signal.aborted) {
      const notices = this.#notices;
      this.#notices = [];
      for (const notice of notices) {
        if (!signal.aborted) await this.#tell(notice);
      }
      if (this.#leftOut === 0) continue;
      const fields = { hook: this.#hook.title, at: this.#hook.name, left_out: this.#leftOut };
      logger.warn('a hook is too slow, and was not told of everything', fields);
      this.#leftOut = 0;
    }
    // In the turn in which nothing was left: what comes now begins anew.
    this.#telling = undefined;
  }

  async #tell(notice: Notice): Promise<void> {
    const { store, signal, logger } = this.#options;
    try {
      const payload = await payloadOf(notice, store);
      if (payload !== undefined && this.#hook.wants(payload.event.type))
        await this.#hook.ask(payload, signal);
    } catch (error) {
      const fields = { hook: this.#hook.title, at: this.#hook.name, error: messageOf(error) };
      logger.warn('a hook could not be told', fields);
    }
  }
}

/** Undefined for what a called run does, which is told as a part of its caller. */
async function payloadOf(
  notice: Notice,
  store: Store,
): Promise<Omit<HookPayload, 'hook'> | undefined> {
  const { about, handler, end, reason } = notice;
  const row = 'run' in about ? await store.run(about.run) : undefined;
  if ('run' in about && (row === undefined || row.parent !== null)) return undefined;
  const seq = 'run' in about ? row?.event : about.event;
  const [record] = await store.readAt(seq === undefined ? [] : [seq]);
  if (record === undefined) return undefined;
  const { identity } = store;
  const { success, error } = end ?? {};
  return {
    event: toEvent(record, identity),
    handler: handler ?? row?.flow ?? null,
    run: row === undefined ? null : idOf(identity, row.id),
    result:
      row === undefined || end === undefined || success === undefined
        ? null
        : { success, duration_ms: end.at - row.started, error: error ?? null },
    reason,
  };
}
