import { basename, dirname, join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { Disk } from './disk.ts';
import { joinPath, outwards } from './paths.ts';

/** A `.gitignore` longer than this is not read: git's own would take no such thing either. */
const TEXT_BYTES_MAX = 1_048_576;
/** How far up the top of the repository is looked for. */
const LEVELS_MAX = 64;

/** As git itself does it wherever file names tell capitals apart. */
const OPTIONS = { ignoreCase: false };

/** The name of the files that say what git leaves out. */
export const GIT_IGNORE = '.gitignore';

/** One file of rules, with the path of its folder as seen from the root, or the other way round. */
interface Rules {
  readonly rules: Ignore;
  /** Makes a path relative to the root one relative to the folder of the rules. */
  readonly seen: (path: string) => string;
}

/** Says whether git leaves out a path of one folder. A path of a folder ends with a slash. */
export type LeavesOut = (path: string) => boolean;

/**
 * The rules of every `.gitignore` from the top of the repository down. The nearest rule that
 * matches decides, as with git.
 */
export class GitIgnores {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #byFolder = new Map<string, Rules>();
  /** Those of the folders around the root, nearest first. */
  #around: readonly Rules[] = [];

  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Reads the rules of the folders around the root, as far up as its repository reaches. */
  async readAround(): Promise<void> {
    const found: Rules[] = [];
    let [at, below] = [this.#root, ''];
    for (let level = 0; level < LEVELS_MAX; level += 1) {
      if (level > 0) found.push(...(await this.#read(at, prefixed(below))));
      if (this.#isTop(at)) {
        this.#around = found;
        return;
      }
      const up = dirname(at);
      if (up === at) break;
      below = below === '' ? basename(at) : joinPath(basename(at), below);
      at = up;
    }
    this.#around = [];
  }

  /** Reads the rules of a folder anew. Those of the folders around it are known already. */
  async read(folder: string): Promise<void> {
    const [rules] = await this.#read(join(this.#root, folder), within(folder));
    if (rules === undefined) this.#byFolder.delete(folder);
    else this.#byFolder.set(folder, rules);
  }

  /** What the rules say of the entries of a folder. */
  of(folder: string): LeavesOut {
    const own = [...outwards(folder)].flatMap((at) => this.#byFolder.get(at) ?? []);
    const all = [...own, ...this.#around].map(({ rules, seen }) => ({
      // The library keeps each answer for ever: a copy for this folder alone goes with it.
      rules: ignore(OPTIONS).add(rules),
      seen,
    }));
    return (path) => {
      for (const { rules, seen } of all) {
        const { ignored, unignored } = rules.test(seen(path));
        if (ignored || unignored) return ignored;
      }
      return false;
    };
  }

  async #read(directory: string, seen: Rules['seen']): Promise<Rules[]> {
    const text = await this.#disk.readText(join(directory, GIT_IGNORE), TEXT_BYTES_MAX);
    return text === undefined ? [] : [{ rules: ignore(OPTIONS).add(text), seen }];
  }

  #isTop(directory: string): boolean {
    try {
      return this.#disk.look(join(directory, '.git')) !== undefined;
    } catch {
      return false;
    }
  }
}

function prefixed(below: string): Rules['seen'] {
  return (path) => joinPath(below, path);
}

function within(folder: string): Rules['seen'] {
  return (path) => (folder === '' ? path : path.slice(folder.length + 1));
}
