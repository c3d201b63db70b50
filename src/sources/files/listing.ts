import { type FileState, flagsOf, readFlags } from './file-state.ts';

const COLUMNS = 5;

/**
 * The files of one folder that are remembered, by name.
 *
 * Frozen, and kept in columns: 50,000 files as objects cost three times as much memory as this.
 */
export class Listing {
  /** In ascending order. */
  readonly names: readonly string[];
  readonly #numbers: Float64Array;
  readonly #hashes: ReadonlyMap<string, string>;

  /** Takes each name once, in any order. */
  constructor(files: Iterable<readonly [name: string, state: FileState]>) {
    const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const hashes = new Map<string, string>();
    this.names = sorted.map(([name]) => name);
    this.#numbers = new Float64Array(sorted.length * COLUMNS);
    for (const [index, [name, state]] of sorted.entries()) {
      const { size, mtimeMs, ctimeMs, ino, hash } = state;
      this.#numbers.set([flagsOf(state), size, mtimeMs, ctimeMs, ino], index * COLUMNS);
      if (hash !== '') hashes.set(name, hash);
    }
    this.#hashes = hashes;
  }

  get(name: string): FileState | undefined {
    const index = this.#indexOf(name);
    return index === undefined ? undefined : this.#stateAt(index, name);
  }

  *entries(): Generator<readonly [name: string, state: FileState]> {
    for (const [index, name] of this.names.entries()) yield [name, this.#stateAt(index, name)];
  }

  #stateAt(index: number, name: string): FileState {
    const at = index * COLUMNS;
    const numbers = this.#numbers.subarray(at, at + COLUMNS);
    const [flags = 0, size = 0, mtimeMs = 0, ctimeMs = 0, ino = 0] = numbers;
    const hash = this.#hashes.get(name) ?? '';
    return { ...readFlags(flags), size, mtimeMs, ctimeMs, ino, hash };
  }

  #indexOf(name: string): number | undefined {
    let [low, high] = [0, this.names.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.names[middle] ?? '';
      if (found === name) return middle;
      if (found < name) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}
