import { open, rm, stat } from 'node:fs/promises';
import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { DiskSpace, MeasureSpace } from '../std/free-space.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';

/** What a ballast stands on. */
export interface BallastOptions {
  /** The file that holds the space. */
  readonly path: string;
  readonly store: Pick<Store, 'append'>;
  readonly measureSpace: MeasureSpace;
  /** Whether something could not be written for want of space. */
  readonly isFull: () => boolean;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is held at most, and of a small disk. */
const BYTES_MAX = 16 * 1_048_576;
const PART = 1 / 64;
/** It is made only where so many times as much stays free. */
const SPARE = 8;
/** How often the disk is looked at. */
const LOOK_MS = 2_000;
const CHUNK = Buffer.alloc(1_048_576);

/** How many bytes a disk's ballast has. */
export function ballastBytes({ all }: DiskSpace): number {
  return Math.floor(Math.min(BYTES_MAX, all * PART));
}

/**
 * Holds a little of the disk, and gives it up when the disk is full: with it the log can say so,
 * and what is under way can be brought to an end. It is held again when there is space.
 */
export class Ballast implements Service {
  readonly name = 'ballast';
  readonly #options: BallastOptions;
  #timer: Timer | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Undefined before the first look. */
  #held: boolean | undefined;
  #isTold = false;

  constructor(options: BallastOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#arm(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#work;
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#work = this.look().catch((error: unknown) => {
        this.#options.logger.warn('the ballast is not as it should be', {
          because: messageOf(error),
        });
      });
      void this.#work.then(() => this.#arm(LOOK_MS));
    });
  }

  /** Gives the space up where the disk is full, and takes it again where it is not. */
  async look(): Promise<void> {
    const space = await this.#options.measureSpace();
    const bytes = ballastBytes(space);
    this.#held ??= await this.#found(bytes);
    const isFull = this.#options.isFull() || space.free < bytes;
    if (isFull) return this.#free(bytes);
    if (space.free < bytes * SPARE) return;
    if (!this.#held) await this.#hold(bytes);
    if (this.#isTold && (await this.#tell('disk.recovered', { free: space.free })))
      this.#isTold = false;
  }

  /** Whether it is there and whole: what a crash left half made holds less than it seems to. */
  async #found(bytes: number): Promise<boolean> {
    const { path } = this.#options;
    if ((await sizeOf(path)) === bytes) return true;
    await rm(path, { force: true });
    return false;
  }

  async #free(bytes: number): Promise<void> {
    if (this.#held) {
      await rm(this.#options.path, { force: true });
      this.#held = false;
      this.#options.logger.warn('the disk is full; the ballast was given up', { bytes });
    }
    if (!this.#isTold) this.#isTold = await this.#tell('disk.full', { ballast: bytes });
  }

  async #hold(bytes: number): Promise<void> {
    const { path } = this.#options;
    try {
      const file = await open(path, 'w', 0o600);
      try {
        // Zeros that are written, since a hole would hold nothing.
        for (let left = bytes; left > 0; left -= CHUNK.length) {
          await file.write(CHUNK, 0, Math.min(left, CHUNK.length));
        }
        await file.sync();
      } finally {
        await file.close();
      }
      this.#held = true;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #tell(type: 'disk.full' | 'disk.recovered', data: object): Promise<boolean> {
    const { store, time } = this.#options;
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord(type, JSON.stringify(data), time.now(), cause);
    return (await store.append({ writes: [{ kind: 'event', record }] })).kind === 'appended';
  }
}

/** In bytes; undefined where there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
