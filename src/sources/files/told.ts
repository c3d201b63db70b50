import { type Change, changesOf, type ChangeKind, type ToldChange, toldOf } from './change.ts';
import type { IndexMove } from './file-index.ts';
import type { Difference } from './look.ts';

/** What one event tells, and all that is to be remembered with it. */
export interface Telling {
  /** Of the event, as JSON. */
  readonly data: string;
  /** How many changes it tells. */
  readonly changes: number;
  readonly moves: readonly IndexMove[];
}

/** What is to be done about what was found. */
export interface Tellings {
  /** What is remembered and not told. */
  readonly quiet: readonly IndexMove[];
  readonly tellings: readonly Telling[];
}

/** What a source tells, and how it names paths. */
export interface TellingOptions {
  readonly kinds: readonly ChangeKind[];
  /** Makes a path relative to the root one relative to the configuration. */
  readonly shown: (path: string) => string;
}

/** How many changes one event tells. */
export const CHANGES_MAX = 5_000;
/** How long the data of one event is, in bytes of JSON. */
export const DATA_BYTES_MAX = 524_288;

/** One event for all that was found, or as few as its limits allow. */
export function tellingsOf(
  differences: Iterable<Difference>,
  { kinds, shown }: TellingOptions,
): Tellings {
  const all = [...differences];
  const quiet = all.filter(({ verdict }) => verdict === 'same').map(moveOf);
  const tellings: Telling[] = [];
  let parts = new Parts();
  for (const change of changesOf(all)) {
    const told = toldOf(change, kinds).map((one) => withPaths(one, shown));
    if (told.length === 0) quiet.push(...change.differences.map(moveOf));
    else if (!parts.take(change, told)) {
      tellings.push(parts.telling());
      parts = new Parts();
      parts.take(change, told);
    }
  }
  return { quiet, tellings: parts.isEmpty ? tellings : [...tellings, parts.telling()] };
}

/** What goes into one event. */
class Parts {
  readonly #changes: ToldChange[] = [];
  readonly #moves: IndexMove[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /** False, and nothing taken, where it would be too much; the first is always taken. */
  take(change: Change, told: readonly ToldChange[]): boolean {
    const bytes = told.reduce((sum, one) => sum + bytesOf(one), 0);
    const isFull =
      this.#changes.length + told.length > CHANGES_MAX || this.#bytes + bytes > DATA_BYTES_MAX;
    if (isFull && !this.isEmpty) return false;
    this.#bytes += bytes;
    this.#changes.push(...told);
    this.#moves.push(...change.differences.map(moveOf));
    return true;
  }

  telling(): Telling {
    const files = [...new Set(this.#changes.map(({ path }) => path))];
    const data = JSON.stringify({ files, changes: this.#changes });
    return { data, changes: this.#changes.length, moves: this.#moves };
  }
}

/** With its path in the list of files, and the commas. */
function bytesOf(change: ToldChange): number {
  return Buffer.byteLength(JSON.stringify([change, change.path]), 'utf8');
}

function withPaths({ path, kind, from }: ToldChange, shown: (path: string) => string): ToldChange {
  return { path: shown(path), kind, ...(from === undefined ? {} : { from: shown(from) }) };
}

/** The index forgets and remembers exactly what was found. */
export function moveOf({ path, after }: Difference): IndexMove {
  return { path, state: after };
}
