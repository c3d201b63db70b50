import { join } from 'node:path';
import { codeOf, isGone } from './disk.ts';
import { GIT_IGNORE } from './git-ignore.ts';
import { FileLook, type Difference, type LookOptions } from './look.ts';
import { isWithin, joinPath } from './paths.ts';

/** Who hears of changes in folders, as far as a scan has to do with it. */
export interface WatchedFolders {
  has(folder: string): boolean;
  /** Hears of the folder from now on; `anew` where what heard of it so far may be deaf. */
  watch(folder: string, anew: boolean): void;
  /** Lets go of every folder within `top` that is none of these. */
  keep(top: string, folders: ReadonlySet<string>): void;
}

/** What a scan needs. */
export interface ScanOptions extends LookOptions {
  readonly folders: WatchedFolders;
}

/** How many folders one source watches; those beyond are left out, and it says so. */
export const FOLDERS_MAX = 50_000;

/**
 * Compares the disk with what is remembered. It never leaves the root: a link is looked at, not
 * followed, and a folder that turns out to lie elsewhere counts as gone.
 *
 * A place that cannot be read keeps what is remembered of it, and is named among the troubles.
 */
export class Scan {
  readonly #options: ScanOptions;
  readonly #look: FileLook;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#look = new FileLook(options);
  }

  /** Everything in a folder and below it, folder by folder; last what is gone. */
  async *tree(top: string, anew: boolean): AsyncGenerator<readonly Difference[]> {
    const { folders, troubles } = this.#options;
    const walk: Walk = { visited: new Set(), kept: [], excluded: [] };
    const ahead = [top];
    troubles.clear(top);
    for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
      if (walk.visited.size >= FOLDERS_MAX) {
        troubles.full(`there are more than ${FOLDERS_MAX} folders: the rest is not watched`);
        walk.kept.push(at, ...ahead.splice(0));
        break;
      }
      // Whoever hears of a folder before it is read misses nothing in between.
      folders.watch(at, anew);
      const { files, below } = await this.#folder(at, walk);
      for (const folder of below.toReversed()) ahead.push(folder);
      if (files.length > 0) yield files;
    }
    folders.keep(top, walk.visited);
    yield* this.#unvisited(top, walk);
  }

  /** These names of a folder, and everything below those that are folders. */
  async *names(folder: string, names: ReadonlySet<string>): AsyncGenerator<readonly Difference[]> {
    if (names.has(GIT_IGNORE) || !(await this.#isInside(folder))) {
      yield* this.tree(folder, true);
      return;
    }
    const files = await this.#look.compare(folder, names);
    if (!(await this.#isInside(folder))) yield* this.tree(folder, true);
    else if (files.length > 0) yield files;
    for (const name of names) {
      const path = joinPath(folder, name);
      if (this.#isFolder(path)) yield* this.tree(path, true);
    }
  }

  /** Whether a path is a folder that is looked into, or one that was. */
  #isFolder(path: string): boolean {
    const { coverage, folders, index } = this.#options;
    if (folders.has(path) || index.knows(path)) return true;
    const stat = this.#look.stat(path);
    return stat !== undefined && stat !== 'unreadable' && stat.kind === 'folder'
      ? coverage.enters(path)
      : false;
  }

  async #folder(folder: string, walk: Walk): Promise<Content> {
    const { index, troubles } = this.#options;
    const content = await this.#list(folder);
    if (content.kind === 'gone') return NOTHING;
    if (content.kind === 'excluded') {
      walk.excluded.push(folder);
      return NOTHING;
    }
    if (content.kind === 'unreadable') {
      troubles.unreadable(folder, content.code);
      walk.kept.push(folder);
      return NOTHING;
    }
    const known = index.of(folder).names;
    const files = await this.#look.compare(folder, new Set([...content.files, ...known]));
    if (!(await this.#isInside(folder))) return NOTHING;
    walk.visited.add(folder);
    walk.excluded.push(...content.excluded);
    return { files, below: content.below };
  }

  async #list(folder: string): Promise<Listed> {
    const { disk, root, coverage } = this.#options;
    try {
      if (folder !== '' && !coverage.enters(folder)) return { kind: 'excluded' };
      if (!(await this.#isInside(folder))) return GONE;
      await coverage.read(folder);
      const entries = await disk.list(join(root, folder));
      const [files, below, excluded]: [string[], string[], string[]] = [[], [], []];
      for (const { name, kind } of entries) {
        const path = joinPath(folder, name);
        if (kind === 'file' || kind === 'link') files.push(name);
        else if (kind === 'folder') (coverage.enters(path) ? below : excluded).push(path);
      }
      return { kind: 'listed', files, below: below.toSorted(), excluded };
    } catch (error) {
      return isGone(error) ? GONE : { kind: 'unreadable', code: codeOf(error) };
    }
  }

  /** Whether a folder is still where its path says, and not where a link leads. */
  async #isInside(folder: string): Promise<boolean> {
    const { disk, root } = this.#options;
    const path = join(root, folder);
    try {
      return (await disk.realPath(path)) === path;
    } catch (error) {
      // What cannot be said here will be said of the reading that follows.
      return !isGone(error);
    }
  }

  /** What is known of folders that the walk did not come to. */
  *#unvisited(top: string, { visited, kept, excluded }: Walk): Generator<readonly Difference[]> {
    const { index } = this.#options;
    for (const folder of index.foldersWithin(top)) {
      if (visited.has(folder) || kept.some((place) => isWithin(folder, place))) continue;
      const verdict = excluded.some((place) => isWithin(folder, place)) ? 'same' : 'delete';
      yield Array.from(index.of(folder).entries(), ([name, before]) => {
        return { path: joinPath(folder, name), before, after: undefined, verdict };
      });
    }
  }
}

/** What a walk has come by. */
interface Walk {
  readonly visited: Set<string>;
  /** Folders of which nothing is known now, so that all that was known of them is kept. */
  readonly kept: string[];
  /** Folders that are there and are not looked into. */
  readonly excluded: string[];
}

interface Content {
  readonly files: readonly Difference[];
  readonly below: readonly string[];
}

const NOTHING: Content = { files: [], below: [] };

type Listed =
  | { readonly kind: 'gone' }
  | { readonly kind: 'excluded' }
  | { readonly kind: 'unreadable'; readonly code: string }
  | {
      readonly kind: 'listed';
      readonly files: readonly string[];
      readonly below: readonly string[];
      readonly excluded: readonly string[];
    };

const GONE: Listed = { kind: 'gone' };
