import type { SimulatedFile } from './simulated-file.ts';

/** SQLite's lock levels, in order: https://sqlite.org/lockingv3.html. */
export const UNLOCKED = 0;
const SHARED = 1;
const RESERVED = 2;
const PENDING = 3;
const EXCLUSIVE = 4;

export interface LockHolder {
  readonly file: SimulatedFile;
  lock: number;
}

/** Who holds which lock of which file. */
export class FileLocks {
  readonly #holders = new WeakMap<SimulatedFile, Set<LockHolder>>();

  /** Raises the holder's lock; false where another's lock forbids it. */
  raise(holder: LockHolder, level: number): boolean {
    if (holder.lock >= level) return true;
    const highest = this.#highestOfOthers(holder);
    if (highest > highestAllowedBeside(level)) {
      // A writer that waits for readers to leave lets no new ones in.
      if (level === EXCLUSIVE && highest === SHARED) holder.lock = PENDING;
      return false;
    }
    holder.lock = level;
    this.#of(holder.file).add(holder);
    return true;
  }

  lower(holder: LockHolder, level: number): void {
    holder.lock = Math.min(holder.lock, level);
    if (holder.lock === UNLOCKED) this.#of(holder.file).delete(holder);
  }

  isReserved(holder: LockHolder): boolean {
    return holder.lock >= RESERVED || this.#highestOfOthers(holder) >= RESERVED;
  }

  #highestOfOthers(holder: LockHolder): number {
    let highest = UNLOCKED;
    for (const other of this.#of(holder.file))
      if (other !== holder) highest = Math.max(highest, other.lock);
    return highest;
  }

  #of(file: SimulatedFile): Set<LockHolder> {
    const known = this.#holders.get(file);
    if (known !== undefined) return known;
    const holders = new Set<LockHolder>();
    this.#holders.set(file, holders);
    return holders;
  }
}

function highestAllowedBeside(level: number): number {
  if (level === SHARED) return RESERVED;
  return level === RESERVED ? SHARED : UNLOCKED;
}
