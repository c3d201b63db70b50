import { isWithin } from './paths.ts';

/** Where something changed since it was last asked: names by folder, or the whole of a folder. */
export interface HintedPlaces {
  /** Folders of which everything is to be looked at, with all below them. */
  readonly whole: readonly string[];
  /** Names by folder, none of them within one of the whole folders. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How many names of one folder are kept before the whole folder is looked at instead. */
const NAMES_MAX = 512;
/** How many folders are kept before everything is looked at instead. */
const FOLDERS_MAX = 4_096;

/** Gathers hints until they are looked into. However many come, it stays small. */
export class Hints {
  readonly #names = new Map<string, Set<string>>();
  readonly #whole = new Set<string>();

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#whole.size === 0;
  }

  /** Something of this name changed in a folder; anything in it where no name is given. */
  add(folder: string, name?: string): void {
    if (this.#whole.has('') || this.#whole.has(folder)) return;
    const names = this.#names.get(folder) ?? new Set();
    if (name === undefined || names.size >= NAMES_MAX) this.#addWhole(folder);
    else if (this.#names.size >= FOLDERS_MAX) this.#addWhole('');
    else this.#names.set(folder, names.add(name));
  }

  /** All that was hinted at since the last call. */
  take(): HintedPlaces {
    const all = [...this.#whole];
    const whole = all.filter((one) => !all.some((other) => other !== one && isWithin(one, other)));
    const named = [...this.#names].filter(([at]) => !whole.some((other) => isWithin(at, other)));
    this.#clear();
    return { whole, names: new Map(named) };
  }

  #addWhole(folder: string): void {
    const target = this.#whole.size >= FOLDERS_MAX ? '' : folder;
    if (target === '') this.#clear();
    this.#names.delete(target);
    this.#whole.add(target);
  }

  #clear(): void {
    this.#names.clear();
    this.#whole.clear();
  }
}
