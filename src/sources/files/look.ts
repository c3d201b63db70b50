import { join } from 'node:path';
import { nextTurn } from '../../std/turn.ts';
import type { Coverage } from './coverage.ts';
import { codeOf, type Disk, type DiskStat } from './disk.ts';
import type { FileIndex } from './file-index.ts';
import { type FileState, verdictOf } from './file-state.ts';
import { joinPath } from './paths.ts';
import type { Troubles } from './troubles.ts';

/** How one file differs from what is remembered of it. */
export interface Difference {
  /** Relative to the root. */
  readonly path: string;
  readonly before: FileState | undefined;
  /** No state where there is no file any more, or none that is watched. */
  readonly after: FileState | undefined;
  /** `same` where nothing happened that anybody wants to hear of. */
  readonly verdict: 'create' | 'modify' | 'delete' | 'same';
}

/** What looking at files needs. */
export interface LookOptions {
  readonly disk: Disk;
  /** The folder that is watched, all links followed. */
  readonly root: string;
  readonly coverage: Coverage;
  readonly index: FileIndex;
  readonly troubles: Troubles;
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
  /** Whether all is new, so that no content needs to be read to tell what changed. */
  readonly learning: boolean;
}

/** How many files one source watches; those beyond are left out, and it says so. */
export const FILES_MAX = 200_000;
/** Times closer to now than this may be given to a further change too: disks count in up to 2 s. */
const FRESH_MS = 2_000;
/** How many files are looked at before others get their turn: about half a millisecond's work. */
const SLICE = 32;
/** How many files are read at once. */
const READERS = 16;

/** Compares files with what is remembered of them. One is made for each look at the tree. */
export class FileLook {
  readonly #options: LookOptions;
  /** How many files may still be added. */
  #room: number;

  constructor(options: LookOptions) {
    this.#options = options;
    this.#room = FILES_MAX - options.index.size;
  }

  /** What differs among these names of a folder; each is given once. */
  async compare(folder: string, names: Iterable<string>): Promise<Difference[]> {
    const found: Difference[] = [];
    const unsure: Unsure[] = [];
    let count = 0;
    for (const name of names) {
      const result = this.#glance(folder, name);
      if (result?.kind === 'found') found.push(result.found);
      if (result?.kind === 'unsure') unsure.push(result);
      count += 1;
      if (count % SLICE === 0) await nextTurn();
    }
    return [...found, ...(await this.#readAll(unsure))];
  }

  /** What stands at a path; `unreadable` where that cannot be said. */
  stat(path: string): DiskStat | 'unreadable' | undefined {
    const { disk, root, troubles } = this.#options;
    try {
      return disk.look(join(root, path));
    } catch (error) {
      troubles.unreadable(path, codeOf(error));
      return 'unreadable';
    }
  }

  /** What can be said without reading the file; undefined where there is nothing to say. */
  #glance(folder: string, name: string): Glance | undefined {
    const { coverage, index, troubles } = this.#options;
    const path = joinPath(folder, name);
    const known = index.of(folder);
    const isCovered = coverage.covers(path);
    const stat = isCovered ? this.stat(path) : undefined;
    if (stat === 'unreadable' || (stat && known.isUnchanged(name, stat))) return undefined;
    const before = known.get(name);
    if (!isCovered) return before && asFound(path, before, 'same');
    if (stat?.kind !== 'file' && stat?.kind !== 'link') {
      // What stands for bytes that are no text cannot be asked for.
      if (stat === undefined && name.includes('\uFFFD')) troubles.unnamed(folder);
      return before && asFound(path, before, 'delete');
    }
    return { kind: 'unsure', path, before, after: this.#stateOf(stat) };
  }

  #stateOf({ kind, size, mtimeMs, ctimeMs, ino }: DiskStat): FileState {
    const fresh = Math.max(mtimeMs, ctimeMs) > this.#options.now() - FRESH_MS;
    return {
      kind: kind === 'link' ? 'link' : 'file',
      size,
      mtimeMs,
      ctimeMs,
      ino,
      fresh,
      hash: '',
    };
  }

  async #readAll(unsure: readonly Unsure[]): Promise<Difference[]> {
    const found: Difference[] = [];
    const ahead = unsure.values();
    const reader = async (): Promise<void> => {
      for (const one of ahead) found.push(...(await this.#read(one)));
    };
    await Promise.all(Array.from({ length: Math.min(READERS, unsure.length) }, reader));
    return found;
  }

  async #read({ path, before, after: seen }: Unsure): Promise<Difference[]> {
    const { learning, troubles } = this.#options;
    const hash = learning && !seen.fresh ? '' : await this.#hash(path, seen);
    const after = { ...seen, hash };
    const verdict = verdictOf(before, after);
    if (verdict === 'unchanged') return [];
    if (verdict !== 'create') return [{ path, before, after, verdict }];
    this.#room -= 1;
    if (this.#room >= 0) return [{ path, before, after, verdict }];
    troubles.full(`there are more than ${FILES_MAX} files: the rest is not watched`);
    return [];
  }

  #hash(path: string, { kind, ino }: FileState): Promise<string> {
    const { disk, root } = this.#options;
    const full = join(root, path);
    return kind === 'link' ? disk.hashLink(full) : disk.hashFile(full, ino);
  }
}

type Glance = { readonly kind: 'found'; readonly found: Difference } | Unsure;

/** A file whose content has to be read before anything can be said of it. */
interface Unsure {
  readonly kind: 'unsure';
  readonly path: string;
  readonly before: FileState | undefined;
  readonly after: FileState;
}

function asFound(path: string, before: FileState, verdict: 'same' | 'delete'): Glance {
  return { kind: 'found', found: { path, before, after: undefined, verdict } };
}
