import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SourceDefinition } from '../../../src/flows/source.ts';
import { openLogFeed } from '../../../src/signalbox/log-feed.ts';
import { Claims } from '../../../src/sources/event-log/claims.ts';
import { eventLogKind } from '../../../src/sources/event-log/event-log.ts';
import type { LogFeed } from '../../../src/sources/event-log/log-feed.ts';
import { fileChangeKind } from '../../../src/sources/files/file-change.ts';
import { POLL_MS } from '../../../src/sources/tail/hints.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import { until } from '../../server/until.ts';
import { SourceBench } from '../bench.ts';

/** A folder of its own, gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-event-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An event log as a configuration has it. */
export function eventLog(
  path: string,
  { name = 'log', write = false }: { readonly name?: string; readonly write?: boolean } = {},
): SourceDefinition {
  const config = { path, write };
  return { name: `event_log:${name}`, type: 'event_log', handlers: [], trust: 'trusted', config };
}

/** Event logs on a real log in memory; what they find is waited for under a clock of their own. */
export class Logged {
  readonly bench: SourceBench;
  readonly #failing: { left: number };

  private constructor(bench: SourceBench, failing: { left: number }) {
    this.bench = bench;
    this.#failing = failing;
  }

  /** How often what is to be written will still fail to be read. */
  get failures(): number {
    return this.#failing.left;
  }

  /** Lets what is to be written fail to be read so many times. */
  fail(times: number): void {
    this.#failing.left = times;
  }

  static async open(
    directory: string,
    sources: readonly SourceDefinition[],
    before?: Logged,
  ): Promise<Logged> {
    const late: { feed?: LogFeed } = {};
    const known = (): LogFeed => {
      if (late.feed === undefined) throw new Error('asked before the log was open');
      return late.feed;
    };
    const failing = { left: 0 };
    const feed: LogFeed = {
      head: () => known().head(),
      async read(after, limit) {
        if (failing.left === 0) return known().read(after, limit);
        failing.left -= 1;
        throw new Error('the log cannot be read');
      },
      onRecorded: (listener) => known().onRecorded(listener),
    };
    const claims = new Claims();
    const kinds = [
      eventLogKind({ feed, claims }),
      fileChangeKind({ never: [], isOurs: (path) => claims.writes(path) }),
    ];
    const bench = await SourceBench.open({
      kinds,
      sources,
      directory,
      ...(before === undefined ? {} : { before: before.bench }),
    });
    late.feed = openLogFeed(bench.store);
    const logged = new Logged(bench, failing);
    await bench.sources.start();
    return logged;
  }

  /** The records of a type, as soon as there are so many. */
  async records(type: string, count: number): Promise<LogRecord[]> {
    return this.soon(async () => {
      const records = await this.bench.records(type);
      return records.length < count ? undefined : records;
    });
  }

  /** What `look` finds, as soon as it does. */
  async soon<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
    return until(async () => {
      this.bench.clock.advance(POLL_MS);
      return look();
    });
  }

  /** Records an event from elsewhere. */
  async emit(type: string, data: unknown, source = 'cli'): Promise<void> {
    await this.bench.door.admit({ type, source, data: JSON.stringify(data) });
  }
}
