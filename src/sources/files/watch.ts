import { join } from 'node:path';
import type { Bursts } from './bursts.ts';
import { codeOf, type Disk, type DiskWatch } from './disk.ts';
import { isWithin } from './paths.ts';

/** A change in a folder: of this name, or somewhere in it. */
export type HearChange = (
  folder: string,
  name: string | undefined,
  what: 'rename' | 'change',
) => void;

/** What the watching of folders needs. */
export interface FolderWatchesOptions {
  readonly disk: Disk;
  /** The folder that is watched, all links followed. */
  readonly root: string;
  readonly bursts: Bursts;
  readonly hear: HearChange;
}

/** The system has no more of what a watch costs: watches, open files. */
const LIMITS: ReadonlySet<string> = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);

/**
 * One watch for each folder of the tree: the system's own recursive ones are slower, cost a watch
 * for each file, and miss what replaces a file. What it hears are hints, never the truth.
 */
export class FolderWatches {
  readonly #options: FolderWatchesOptions;
  readonly #watches = new Map<string, DiskWatch>();
  readonly #refused = new Map<string, string>();
  #isClosed = false;

  constructor(options: FolderWatchesOptions) {
    this.#options = options;
  }

  /** How many folders the system would not watch, being at its limit. */
  get refused(): number {
    return this.#refused.size;
  }

  /** The system's name of the limit that was reached. */
  get limit(): string | undefined {
    return this.#refused.values().next().value;
  }

  has(folder: string): boolean {
    return this.#watches.has(folder) || this.#refused.has(folder);
  }

  /** Hears of a folder from now on; `anew` where the watch that there is may be deaf. */
  watch(folder: string, anew: boolean): void {
    if (this.#isClosed || (!anew && this.#watches.has(folder))) return;
    this.#refused.delete(folder);
    const before = this.#watches.get(folder);
    try {
      this.#watches.set(folder, this.#open(folder));
    } catch (error) {
      this.#watches.delete(folder);
      if (LIMITS.has(codeOf(error))) this.#refused.set(folder, codeOf(error));
    }
    before?.close();
  }

  /** Lets go of every folder within `top` that is none of these. */
  keep(top: string, folders: ReadonlySet<string>): void {
    for (const [folder, watch] of this.#watches) {
      if (folders.has(folder) || !isWithin(folder, top)) continue;
      watch.close();
      this.#watches.delete(folder);
    }
    for (const folder of this.#refused.keys()) {
      if (!folders.has(folder) && isWithin(folder, top)) this.#refused.delete(folder);
    }
  }

  /** Hears nothing any more, whatever a look that is still under way comes to. */
  close(): void {
    this.#isClosed = true;
    this.keep('', new Set());
  }

  #open(folder: string): DiskWatch {
    const { disk, root, bursts, hear } = this.#options;
    return disk.watch(join(root, folder), (name, what) => {
      bursts.count();
      hear(folder, name, what);
    });
  }
}
