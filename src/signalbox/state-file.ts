import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Catalogs } from '../routing/catalogs.ts';
import type { Router } from '../routing/router.ts';
import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import { isObject, parseJson } from '../std/json.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { idOf } from '../store/record.ts';
import { type Arrived, copyState, LISTED_MAX } from '../views/state-copy.ts';

/** How long after a change the file is written anew, and so how often at most. */
const WRITE_MS = 1_000;
/** Records that one reading yields. */
const PAGE = 100;

export interface StateFileOptions {
  /** The folder of the configuration. */
  readonly directory: string;
  /** `state_file`, relative to it. */
  readonly path: string;
  readonly store: Store;
  readonly router: Router;
  readonly catalogs: Pick<Catalogs, 'sourcesInForce'>;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps `state_file` up to date: written whole or not at all, at most once a second, from the log.
 * Nothing is ever read from it. A file that is there already and is none of ours is left alone.
 */
export class StateFile implements Service {
  readonly name = 'state file';
  readonly #options: StateFileOptions;
  readonly #path: string;
  /** The same with all links to its folder followed. */
  #place: string;
  readonly #arrived: Arrived[] = [];
  #on = false;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #trouble: string | undefined;

  constructor(options: StateFileOptions) {
    this.#options = options;
    this.#path = join(options.directory, options.path);
    this.#place = this.#path;
    options.store.onCommitted((records) => this.#hear(records));
  }

  /** Whether it writes the file of this name, all links followed. */
  writes(file: string): boolean {
    return this.#on && (file === this.#place || file === draftOf(this.#place));
  }

  async start(): Promise<void> {
    const { logger, path } = this.#options;
    if (!(await isOurs(this.#path))) {
      logger.error('the state file is not written: a file of that name is none of ours', { path });
      return;
    }
    await this.#recall();
    // Where there can be no such folder, the first writing says so.
    await this.#find().catch(() => {});
    this.#on = true;
    this.#writeLater();
  }

  async stop(): Promise<void> {
    if (!this.#on) return;
    this.#on = false;
    this.#timer?.cancel();
    await this.#write();
  }

  /** Finds the latest events of earlier daemons, as far as they are near the end of the log. */
  async #recall(): Promise<void> {
    const { store } = this.#options;
    let until = this.#arrived[0]?.seq ?? store.head() + 1;
    for (let read = 0; read < LISTED_MAX && until > 1; read += PAGE) {
      const query = { after: 0, until: until - 1, limit: PAGE, newestFirst: true };
      const page = await store.read(query);
      this.#arrived.unshift(...page.toReversed().flatMap((record) => this.#arrival(record)));
      until = page.at(-1)?.seq ?? 1;
    }
  }

  #hear(records: readonly LogRecord[]): void {
    for (const record of records) this.#arrived.push(...this.#arrival(record));
    if (this.#arrived.length > 2 * LISTED_MAX) this.#arrived.splice(0, LISTED_MAX);
    if (this.#on) this.#writeLater();
  }

  #arrival({ seq, id, source }: LogRecord): Arrived[] {
    return source === null ? [] : [{ seq, id: id ?? idOf(this.#options.store.identity, seq) }];
  }

  #writeLater(): void {
    this.#timer ??= this.#options.clock.schedule(WRITE_MS, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { logger, path } = this.#options;
    try {
      await this.#find();
      await replaceFile(this.#place, `${JSON.stringify(await this.#copy(), undefined, 2)}\n`);
      this.#trouble = undefined;
    } catch (error) {
      const reason = messageOf(error);
      // It is tried again after the next change: of one trouble it is told once.
      if (reason !== this.#trouble) logger.warn('the state file is not written', { path, reason });
      this.#trouble = reason;
    }
  }

  /** Makes the folder where it is missing. */
  async #find(): Promise<void> {
    const folder = dirname(this.#path);
    await mkdir(folder, { recursive: true });
    this.#place = join(await realpath(folder), basename(this.#path));
  }

  async #copy(): ReturnType<typeof copyState> {
    const { store, router, catalogs, time } = this.#options;
    const schedules = [...(await catalogs.sourcesInForce())]
      .filter(({ type }) => type === 'schedule')
      .map(({ name }) => name);
    const arrived = this.#arrived.slice(-LISTED_MAX);
    return copyState({ store, router, schedules, arrived, now: time.now() });
  }
}

/** What a file is written as before it takes the old one's place. */
function draftOf(path: string): string {
  return `${path}.${process.pid}.new`;
}

/** A reader sees the old content or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = draftOf(path);
  await rm(draft, { force: true });
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Whether a file may be replaced: there is none, or it is one that we have written. */
async function isOurs(path: string): Promise<boolean> {
  try {
    const state = parseJson(await readFile(path, 'utf8'));
    return isObject(state) && 'last_run' in state && 'handler_state' in state;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
