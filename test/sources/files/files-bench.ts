import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Doorkeeper } from '../../../src/routing/admission.ts';
import { openLogDoor } from '../../../src/signalbox/log-door.ts';
import type { Disk } from '../../../src/sources/files/disk.ts';
import { fileChangeShape } from '../../../src/sources/files/file-change-shape.ts';
import { fileChangeKind } from '../../../src/sources/files/file-change.ts';
import { Sources } from '../../../src/sources/sources.ts';
import type { SourceView } from '../../../src/sources/supervised-source.ts';
import { type Clock, SystemClock } from '../../../src/std/clock.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import { EngineTime } from '../../../src/store/engine-time.ts';
import { until } from '../../server/until.ts';
import { type DurableLog, sqliteLogs } from '../../simulation/engine/durable-log.ts';

const newLog = await sqliteLogs();

/** A change as an event tells it. */
export interface Told {
  readonly path: string;
  readonly kind: string;
  readonly from?: string;
}

export interface FilesBenchOptions {
  /** As it is written under `sources:`; short waits where they are not given. */
  readonly config?: object;
  readonly disk?: Disk;
  readonly clock?: Clock;
  /** An earlier one whose folder and log this one goes on with. */
  readonly before?: FilesBench;
  /** After so many commits the process is dead, as far as the log sees. */
  readonly commits?: number;
}

/** A source of changed files on a real folder and a real log. */
export class FilesBench {
  /** The folder of the configuration, which is the one that is watched unless `path` says more. */
  readonly directory: string;
  readonly #log: DurableLog;
  readonly #store: Store;
  /** Ends what a process that died would wait for. */
  readonly #dead = new AbortController();
  readonly #death = { came: false };
  readonly #sources: Sources;
  #heads = 0;

  private constructor(
    options: FilesBenchOptions,
    place: { directory: string; log: DurableLog; store: Store },
  ) {
    const { disk, clock = new SystemClock(), commits } = options;
    this.directory = place.directory;
    this.#log = place.log;
    this.#store =
      commits === undefined
        ? place.store
        : mortal(place.store, commits, { signal: this.#dead.signal, death: this.#death });
    this.#heads = options.before === undefined ? 0 : this.#store.head();
    const { lastReceived } = this.#store.identity;
    const time = new EngineTime(clock, lastReceived);
    const config = fileChangeShape.schema.parse({ debounce_ms: 20, ...options.config });
    const never = [join(this.directory, '.signalbox')];
    this.#sources = new Sources({
      kinds: [fileChangeKind({ never, ...(disk && { disk }) })],
      inForce: async () => [
        { name: 'file_change:.', type: 'file_change', handlers: [], trust: 'trusted', config },
      ],
      door: openLogDoor({
        store: this.#store,
        door: new Doorkeeper(this.#store, time),
        time,
        logger: silentLogger,
      }),
      directory: this.directory,
      aliveUntil: this.#store.head() === 0 ? undefined : lastReceived,
      clock,
      random: () => 0.5,
      logger: silentLogger,
    });
  }

  /** Makes the folder and the log; `open` comes later, so that there can be files first. */
  static async make(options: FilesBenchOptions = {}): Promise<FilesBench> {
    const { before, clock = new SystemClock() } = options;
    const log = before === undefined ? newLog() : before.#log;
    const directory = before === undefined ? newFolder() : before.directory;
    const store = await log.open(clock);
    const bench = new FilesBench(options, { directory, log, store });
    onTestFinished(() => bench.stop());
    return bench;
  }

  /** One that watches already. */
  static async open(options: FilesBenchOptions = {}): Promise<FilesBench> {
    const bench = await FilesBench.make(options);
    await bench.start();
    return bench;
  }

  start(): Promise<void> {
    return this.#sources.start();
  }

  /** Stops it as a daemon is stopped. */
  async stop(): Promise<void> {
    this.#dead.abort();
    await this.#sources.stop();
    await this.#store.close({ clean: true });
  }

  get view(): SourceView {
    const [view] = this.#sources.views();
    if (view === undefined) throw new Error('There is no source.');
    return view;
  }

  /** Writes a file, with its folders. */
  write(path: string, text = path): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true });
    writeFileSync(join(this.directory, path), text);
  }

  /** Writes a file as editors do: beside it, and then in its place. */
  replace(path: string, text: string): void {
    writeFileSync(join(this.directory, `${path}.tmp`), text);
    renameSync(join(this.directory, `${path}.tmp`), join(this.directory, path));
  }

  rename(from: string, to: string): void {
    renameSync(join(this.directory, from), join(this.directory, to));
  }

  remove(path: string): void {
    rmSync(join(this.directory, path), { recursive: true, force: true });
  }

  /** The events since this one was made, oldest first. */
  async events(type = 'file.changed'): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (let after = this.#heads; ;) {
      const page = await this.#store.read({ after, limit: 1_000, type });
      records.push(...page);
      const last = page.at(-1);
      if (last === undefined) return records;
      after = last.seq;
    }
  }

  /** All changes told since this one was made, in the order of the telling. */
  async told(): Promise<Told[]> {
    const events = await this.events();
    return events.flatMap(({ data }) => (JSON.parse(data) as { changes: Told[] }).changes);
  }

  /** What was told, once it is what it is to be. */
  untilTold(isEnough: (told: readonly Told[]) => boolean): Promise<Told[]> {
    return until(async () => {
      const told = await this.told();
      return isEnough(told) ? told : undefined;
    });
  }

  /** What was told once this file was among it. */
  untilPath(path: string): Promise<Told[]> {
    return this.untilTold((told) => told.some((one) => one.path === path));
  }

  /** Whether it was asked for a commit that it was too dead to make. */
  get isDead(): boolean {
    return this.#death.came;
  }

  /** How the source does, once that is so. */
  async untilState(state: SourceView['state']): Promise<SourceView> {
    return until(() => (this.view.state === state ? this.view : undefined));
  }
}

function newFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A store of a process that dies: what it is asked to append afterwards is never answered. */
function mortal(
  store: Store,
  commits: number,
  { signal, death }: { readonly signal: AbortSignal; readonly death: { came: boolean } },
): Store {
  let left = commits;
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') {
        return (...unit: Parameters<Store['append']>) => {
          left -= 1;
          death.came = left < 0;
          return death.came ? noAnswer(signal) : target.append(...unit);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function noAnswer(dead: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error('The process is dead.'));
    if (dead.aborted) end();
    else dead.addEventListener('abort', end, { once: true });
  });
}
