import type { FileState } from './file-state.ts';
import { Listing } from './listing.ts';
import { isWithin, joinPath, outwards, splitPath } from './paths.ts';

/** What is new to be remembered of a file; no state where it is to be forgotten. */
export interface IndexMove {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly state: FileState | undefined;
}

/** All files that are remembered: the tree as it was at the last look. */
export class FileIndex {
  readonly #folders = new Map<string, Listing>();
  /** How many folders with known files are the folder, or lie below it. */
  readonly #within = new Map<string, number>();
  #size = 0;

  /** How many files it holds. */
  get size(): number {
    return this.#size;
  }

  /** The files of a folder: empty where none is known. */
  of(folder: string): Listing {
    return this.#folders.get(folder) ?? EMPTY;
  }

  /** Whether files of the folder, or below it, are known. Asked of each name of which one hears. */
  knows(folder: string): boolean {
    return this.#within.has(folder);
  }

  /** The folders with known files that are the folder or lie below it. */
  *foldersWithin(folder: string): Generator<string> {
    for (const known of this.#folders.keys()) if (isWithin(known, folder)) yield known;
  }

  /** Remembers and forgets; of moves with one path the last one counts. */
  apply(moves: Iterable<IndexMove>): void {
    const byFolder = new Map<string, Map<string, FileState | undefined>>();
    for (const { path, state } of moves) {
      const [folder, name] = splitPath(path);
      const changed = byFolder.get(folder) ?? new Map<string, FileState | undefined>();
      byFolder.set(folder, changed.set(name, state));
    }
    for (const [folder, changed] of byFolder) this.#replace(folder, changed);
  }

  /** Each file with its path. */
  *entries(): Generator<readonly [path: string, state: FileState]> {
    for (const [folder, listing] of this.#folders) {
      for (const [name, state] of listing.entries()) yield [joinPath(folder, name), state];
    }
  }

  #replace(folder: string, changed: ReadonlyMap<string, FileState | undefined>): void {
    const before = this.of(folder);
    const kept = [...before.entries()].filter(([name]) => !changed.has(name));
    const added = [...changed].flatMap(([name, state]) =>
      state === undefined ? [] : [[name, state] as const],
    );
    const after = new Listing([...kept, ...added]);
    this.#size += after.names.length - before.names.length;
    const was = this.#folders.has(folder);
    if (after.names.length === 0) this.#folders.delete(folder);
    else this.#folders.set(folder, after);
    this.#count(folder, Number(this.#folders.has(folder)) - Number(was));
  }

  #count(folder: string, more: number): void {
    for (const around of more === 0 ? [] : outwards(folder)) {
      const count = (this.#within.get(around) ?? 0) + more;
      if (count === 0) this.#within.delete(around);
      else this.#within.set(around, count);
    }
  }
}

const EMPTY = new Listing([]);
