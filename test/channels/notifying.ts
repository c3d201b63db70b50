import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openChannels } from '../../src/channels/kinds.ts';
import { Notifier, type NotifierOptions, type NotifyRequest } from '../../src/channels/notifier.ts';
import { channelsSchema } from '../../src/channels/shape.ts';
import type { People } from '../../src/identity/people.ts';
import { type Clock, SystemClock } from '../../src/std/clock.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { SystemProcesses } from '../../src/std/process.ts';
import { HttpClient } from '../../src/steps/http-client.ts';
import { openPost } from '../../src/steps/post.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { MemoryLog } from '../simulation/engine/memory-log.ts';

/** A notifier over real channels, and what it stands on. */
export interface Notifying {
  readonly notifier: Notifier;
  readonly store: Store;
  readonly log: MemoryLog;
  readonly folder: string;
  /** The types of what it has recorded, and what each record says. */
  readonly records: () => Promise<readonly Said[]>;
  /** Resolves when nothing is left to be told. */
  readonly settled: () => Promise<void>;
  /** Ends it before the test does. */
  readonly close: () => Promise<void>;
}

export interface Said {
  readonly type: string;
  readonly [name: string]: unknown;
}

export interface NotifyingOptions {
  /** As a configuration writes them. */
  readonly channels: Readonly<Record<string, object>>;
  /** Hosts beside the public ones that may be reached. */
  readonly allow?: readonly string[];
  readonly people?: People;
  readonly log?: MemoryLog;
  /** What stands in place of the log's own store. */
  readonly store?: Store;
  readonly clock?: Clock;
  /** Whether the test's end closes it; true by default. */
  readonly closes?: boolean;
  readonly isCaredFor?: NotifierOptions['isCaredFor'];
  readonly linkOf?: NotifierOptions['linkOf'];
}

/** Makes one that is not started; it is stopped with the test. */
export function openNotifying(options: NotifyingOptions): Notifying {
  const { log = new MemoryLog(), people = {}, isCaredFor = () => false } = options;
  const { closes = true, clock = new SystemClock(), allow = ['127.0.0.1'], linkOf } = options;
  const store = options.store ?? log.open();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-notify-'));
  const client = new HttpClient({ allow });
  const processes = new SystemProcesses({ owner: 'notifying', clock });
  const environment = { PATH: process.env['PATH'] ?? '' };
  const post = openPost(client, () => clock.now());
  const parts = { directory: folder, environment, processes, post, logger: silentLogger };
  const channels = openChannels(channelsSchema.parse(options.channels), parts);
  const time = new EngineTime(clock, store.identity.lastReceived);
  const common = { store, channels, isCaredFor, linkOf, time, clock, logger: silentLogger };
  // Without chance every delay is its shortest.
  const notifier = new Notifier({ ...common, people: () => people, random: () => 0 });
  const close = async (): Promise<void> => {
    await notifier.stop();
    await client.stop();
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  if (closes) onTestFinished(close);
  const records = async (): Promise<readonly Said[]> =>
    (await store.read({ after: 0, limit: 1_000 })).map(said);
  const settled = (): Promise<void> => settle(store, () => notifier.pending === 0);
  return { notifier, store, log, folder, records, settled, close };
}

function said({ type, data }: LogRecord): Said {
  return { ...(JSON.parse(data) as object), type };
}

function settle(store: Store, isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isDone()) resolve();
      else setImmediate(look);
    };
    look();
    store.onCommitted(look);
  });
}

/** A request as a `notify` step makes it. */
export function request(id: string, fields: Partial<NotifyRequest> = {}): NotifyRequest {
  return {
    dedupe_id: id,
    message: `message ${id}`,
    urgency: 'normal',
    flow: 'tell',
    run: 'sb1-1',
    step: '1',
    incident: null,
    names: ['hook'],
    to: '',
    ...fields,
  };
}

export const ROOT = { correlation: 'c', causation: null, hops: 1 } as const;
