import type { DiskStat } from './disk.ts';
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
    let at = 0;
    for (const [name, state] of sorted) {
      this.#numbers[at++] = flagsOf(state);
      this.#numbers[at++] = state.size;
      this.#numbers[at++] = state.mtimeMs;
      this.#numbers[at++] = state.ctimeMs;
      this.#numbers[at++] = state.ino;
      if (state.hash !== '') hashes.set(name, state.hash);
    }
    this.#hashes = hashes;
  }

  /**
   * Whether a file is remembered just as it is now, and not as a fresh one. Cheap: most files of
   * most looks are.
   */
  isUnchanged(name: string, { kind, size, mtimeMs, ctimeMs, ino }: DiskStat): boolean {
    const index = this.#indexOf(name);
    if (index === undefined || (kind !== 'file' && kind !== 'link')) return false;
    const [numbers, at] = [this.#numbers, index * COLUMNS];
    return (
      numbers[at] === flagsOf({ kind, fresh: false }) &&
      numbers[at + 1] === size &&
      numbers[at + 2] === mtimeMs &&
      numbers[at + 3] === ctimeMs &&
      numbers[at + 4] === ino
    );
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
    const numberAt = (column: number): number => this.#numbers[at + column] ?? 0;
    return {
      ...readFlags(numberAt(0)),
      size: numberAt(1),
      mtimeMs: numberAt(2),
      ctimeMs: numberAt(3),
      ino: numberAt(4),
      hash: this.#hashes.get(name) ?? '',
    };
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
