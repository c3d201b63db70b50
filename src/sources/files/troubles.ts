import { escapeText } from '../../std/escape.ts';
import { isWithin } from './paths.ts';

/** How many places are named where many have the same trouble. */
const NAMED_MAX = 3;
/** How many places are remembered; beyond that the count is a lower bound. */
const PLACES_MAX = 1_000;

/** What keeps a source from seeing all of its files, place by place, until it is over. */
export class Troubles {
  readonly #unreadable = new Map<string, string>();
  readonly #unnamed = new Set<string>();
  #full: string | undefined;

  /** A place that cannot be read, and the system's name of the reason. */
  unreadable(path: string, code: string): void {
    if (this.#unreadable.size < PLACES_MAX) this.#unreadable.set(path, code);
  }

  /** A folder that holds a name which is not UTF-8. */
  unnamed(folder: string): void {
    if (this.#unnamed.size < PLACES_MAX) this.#unnamed.add(folder);
  }

  /** There is more than is watched. */
  full(reason: string): void {
    this.#full = reason;
  }

  /** A folder is about to be looked at with all below it: what is wrong is found anew. */
  clear(folder: string): void {
    for (const path of this.#unreadable.keys()) {
      if (isWithin(path, folder)) this.#unreadable.delete(path);
    }
    for (const path of this.#unnamed) if (isWithin(path, folder)) this.#unnamed.delete(path);
    if (folder === '') this.#full = undefined;
  }

  /** Whether this very place could not be read at the last look. */
  isUnreadable(path: string): boolean {
    return this.#unreadable.has(path);
  }

  /** One sentence each. */
  sentences(): string[] {
    const places = [...this.#unreadable].map(([path, code]) => `${shown(path)} (${code})`);
    const folders = [...this.#unnamed].map(shown);
    return [
      ...sentence(places, (list) => `${list} cannot be read`),
      ...sentence(folders, (list) => `${list} holds files whose names are not UTF-8: left out`),
      ...(this.#full === undefined ? [] : [this.#full]),
    ];
  }
}

function shown(path: string): string {
  return path === '' ? 'the folder itself' : escapeText(path);
}

function sentence(places: readonly string[], say: (list: string) => string): string[] {
  if (places.length === 0) return [];
  const more = places.length - NAMED_MAX;
  const list = places.slice(0, NAMED_MAX).join(', ');
  return [say(more > 0 ? `${list} and ${more} more` : list)];
}
