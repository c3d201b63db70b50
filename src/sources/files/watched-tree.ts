import { basename } from 'node:path';
import type { Bursts } from './bursts.ts';
import { Coverage, type Globs, type IsOurs } from './coverage.ts';
import { type Disk, isGone } from './disk.ts';
import type { FileIndex } from './file-index.ts';
import { GIT_IGNORE } from './git-ignore.ts';
import type { HintedPlaces } from './hints.ts';
import type { Difference } from './look.ts';
import { joinPath } from './paths.ts';
import { Scan } from './scan.ts';
import { Troubles } from './troubles.ts';
import { FolderWatches } from './watch.ts';

/** What a tree that is watched stands on. */
export interface WatchedTreeOptions {
  readonly disk: Disk;
  readonly bursts: Bursts;
  /** The folder, absolute, as it was written. */
  readonly path: string;
  readonly globs: Globs;
  /** Absolute paths of folders that are left out whatever the globs say. */
  readonly never: readonly string[];
  readonly isOurs: IsOurs;
  readonly index: FileIndex;
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
  /** Something changed in a folder: of this name, or anything. */
  readonly onHint: (folder: string, name?: string) => void;
}

/** How to look at a tree. */
export interface LookMode {
  /** Whether all is new, so that no content needs to be read to tell what changed. */
  readonly learning: boolean;
  /** Whether what hears of the folders may be deaf, so that all are heard of anew. */
  readonly anew: boolean;
}

/** The whole tree. */
export const EVERYTHING: HintedPlaces = { whole: [''], names: new Map() };

const NEVER = 'the folder is where the daemon keeps its data, which is never watched; name another';

/** A folder with all below it: who hears hints of changes there, and looks where they point. */
export class WatchedTree {
  readonly #options: WatchedTreeOptions;
  readonly #troubles = new Troubles();
  #root: Root | undefined;

  constructor(options: WatchedTreeOptions) {
    this.#options = options;
  }

  /** What keeps it from seeing all, one sentence each. */
  troubles(): string[] {
    const isNever = this.#root?.coverage.isNever === true;
    return [...this.#troubles.sentences(), ...(isNever ? [NEVER] : [])];
  }

  /** How many folders cannot be watched, as the system is at its limit, and which limit that is. */
  get unwatched(): { readonly folders: number; readonly limit: string | undefined } {
    const { refused = 0, limit } = this.#root?.watches ?? {};
    return { folders: refused, limit };
  }

  /**
   * What differs in these places from what is remembered, part by part; a path may come twice, and
   * then the last counts. Returns false where the folder itself was not there throughout: then what
   * it gave means nothing.
   */
  async *look(
    hinted: HintedPlaces,
    mode: LookMode,
  ): AsyncGenerator<readonly Difference[], boolean> {
    const before = this.#root;
    const root = await this.#arrive();
    if (root === undefined) return false;
    // Of another folder nothing is heard yet, wherever the hints led to in the one before it.
    const places = root === before ? hinted : EVERYTHING;
    const { coverage, watches } = root;
    const scan = new Scan({
      ...this.#options,
      root: root.path,
      coverage,
      folders: watches,
      troubles: this.#troubles,
      learning: mode.learning,
    });
    if (places.whole.includes('')) await coverage.readAround();
    for (const folder of places.whole) yield* scan.tree(folder, mode.anew);
    for (const [folder, names] of places.names) yield* scan.names(folder, names);
    return (await this.#arrive()) === root;
  }

  /** Whether a file would be watched by other globs, as far as the last look can tell. */
  coveredBy(globs: Globs): (path: string) => boolean {
    return this.#root?.coverage.coveredBy(globs) ?? (() => false);
  }

  /** Whether nothing stands at its path: not where that cannot be said. */
  async isMissing(): Promise<boolean> {
    const { disk, path } = this.#options;
    return disk.realPath(path).then(() => false, isGone);
  }

  /** Whether something else than a folder stands at its path. */
  async isNoFolder(): Promise<boolean> {
    const { disk, path } = this.#options;
    const looked = disk.realPath(path).then((real) => disk.look(real)?.kind ?? 'folder');
    return (await looked.catch(() => 'folder')) !== 'folder';
  }

  /** Hears nothing any more. */
  close(): void {
    this.#root?.watches.close();
    this.#root = undefined;
  }

  /** The root as it is now: the same as before where nothing else has taken its place. */
  async #arrive(): Promise<Root | undefined> {
    const found = await this.#find();
    const before = this.#root;
    if (found === undefined || found.path !== before?.path || found.ino !== before.ino) {
      this.close();
      this.#root = found && this.#open(found);
    }
    return this.#root;
  }

  async #find(): Promise<RootPlace | undefined> {
    const { disk, path } = this.#options;
    try {
      const real = await disk.realPath(path);
      const stat = disk.look(real);
      if (stat?.kind !== 'folder') return undefined;
      return { path: real, ino: stat.ino, never: await this.#reallyNever() };
    } catch {
      return undefined;
    }
  }

  /** What is left out, all links followed, as the root's path is. */
  #reallyNever(): Promise<string[]> {
    const { disk, never } = this.#options;
    return Promise.all(never.map((path) => disk.realPath(path).catch(() => path)));
  }

  #open(place: RootPlace): Root {
    const { disk, bursts, globs, isOurs } = this.#options;
    const { path, never } = place;
    const coverage = new Coverage(disk, { root: path, globs, never, isOurs });
    const watches = new FolderWatches({
      disk,
      root: path,
      bursts,
      hear: (folder, name, what) => {
        if (this.#concerns(coverage, { folder, name, what })) this.#options.onHint(folder, name);
      },
    });
    return { ...place, coverage, watches };
  }

  /** Hints of what is left out must not put off the look at what is not. */
  #concerns(coverage: Coverage, { folder, name, what }: Heard): boolean {
    if (name === undefined || name === GIT_IGNORE) return true;
    // The root's own end is told under its own name.
    if (folder === '' && name === basename(this.#root?.path ?? '')) return true;
    const path = joinPath(folder, name);
    if (coverage.covers(path)) return true;
    if (what === 'rename') return coverage.enters(path);
    return this.#troubles.isUnreadable(path) || this.#troubles.isUnreadable(folder);
  }
}

interface RootPlace {
  /** All links followed. */
  readonly path: string;
  readonly ino: number;
  /** What is left out in it, all links followed. */
  readonly never: readonly string[];
}

interface Root extends RootPlace {
  readonly coverage: Coverage;
  readonly watches: FolderWatches;
}

interface Heard {
  readonly folder: string;
  readonly name: string | undefined;
  readonly what: 'rename' | 'change';
}
