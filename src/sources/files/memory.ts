import { CURSORS_MAX, type CursorChange, type SourceContext } from '../source.ts';
import { FileIndex, type IndexMove } from './file-index.ts';
import { decodeState, encodeState } from './file-state.ts';
import { readPlan, type WatchPlan } from './plan.ts';

/** What a source of changed files remembers, under these keys: one row a file. */
const FILE = 'file:';
const PLAN = 'plan';
/** What an event told that is not in the rows of its files yet. */
const REDO = 'redo:';
/** How many moves one such row lists: a thousand rows would hold half a million. */
const REDO_MOVES = 500;
/** How many commits are under way at once while a tree is learnt. */
const COMMITS_AHEAD = 4;

/**
 * The files as they were at the last look, in memory and in the log.
 *
 * An event and the rows of the files that it tells of are one commit. Where it tells of more files
 * than one commit takes rows, that commit holds a list of them instead (`redo:` rows), and the rows
 * follow; a start that finds such a list writes them first. So whatever dies in between, no change
 * is told twice, and none is forgotten.
 */
export class FileMemory {
  readonly index = new FileIndex();
  readonly #context: Pick<SourceContext, 'record' | 'remembered'>;
  #plan: WatchPlan | undefined;
  /** Rows of what is learnt, not given to the log yet: of each file the last. */
  readonly #rows = new Map<string, CursorChange>();
  readonly #underWay = new Set<Promise<void>>();
  /** Why rows could not be given to the log, until whoever waits for all of them hears of it. */
  #failure: Error | undefined;

  constructor(context: Pick<SourceContext, 'record' | 'remembered'>) {
    this.#context = context;
  }

  /** What was watched when the rows were written; undefined where no tree was ever learnt whole. */
  get plan(): WatchPlan | undefined {
    return this.#plan;
  }

  /** Reads what is remembered, and finishes what a crash left half done. */
  async load(): Promise<void> {
    const redo: { key: string; moves: IndexMove[] }[] = [];
    const moves: IndexMove[] = [];
    for await (const { key, value } of this.#context.remembered()) {
      if (key === PLAN) this.#plan = readPlan(value);
      if (key.startsWith(REDO)) redo.push({ key, moves: readMoves(value) });
      if (key.startsWith(FILE)) moves.push({ path: key.slice(FILE.length), state: stateOf(value) });
      if (moves.length >= CURSORS_MAX) this.index.apply(moves.splice(0));
    }
    this.index.apply(moves);
    const late = redo.flatMap((row) => row.moves);
    this.index.apply(late);
    await this.#write([...late.map(rowOf), ...redo.map(({ key }) => ({ key, value: null }))]);
  }

  /** Remembers files of which nothing is told. Durable after `setPlan`, or `settled`. */
  async learn(moves: readonly IndexMove[]): Promise<void> {
    this.index.apply(moves);
    for (const row of moves.map(rowOf)) this.#rows.set(row.key, row);
    await this.#aheadWhileOver(CURSORS_MAX - 1);
  }

  /** Resolves when everything that was learnt is durable. */
  async settled(): Promise<void> {
    await this.#aheadWhileOver(0);
    await Promise.all(this.#underWay);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** From now on the rows are what this plan watches. */
  async setPlan(plan: WatchPlan): Promise<void> {
    await this.settled();
    await this.#write([{ key: PLAN, value: JSON.stringify(plan) }]);
    this.#plan = plan;
  }

  /** Records an event together with what is to be remembered of its files. */
  async tell(event: { type: string; data: string }, moves: readonly IndexMove[]): Promise<void> {
    const rows = moves.map(rowOf);
    if (rows.length <= CURSORS_MAX) {
      await this.#context.record({ events: [event], cursors: rows });
      this.index.apply(moves);
      return;
    }
    const redo = redoOf(moves);
    await this.#context.record({ events: [event], cursors: redo });
    this.index.apply(moves);
    await this.#write([...rows, ...redo.map(({ key }) => ({ key, value: null }))]);
  }

  /** One commit after the other, so that the list of what is to be done goes last. */
  async #write(rows: CursorChange[]): Promise<void> {
    for (let at = 0; at < rows.length; at += CURSORS_MAX) {
      await this.#context.record({ events: [], cursors: rows.slice(at, at + CURSORS_MAX) });
    }
  }

  async #aheadWhileOver(count: number): Promise<void> {
    while (this.#rows.size > count && this.#failure === undefined) {
      const rows = [...this.#rows.values()].slice(0, CURSORS_MAX);
      for (const { key } of rows) this.#rows.delete(key);
      const writing = this.#ahead(rows).finally(() => this.#underWay.delete(writing));
      this.#underWay.add(writing);
      if (this.#underWay.size >= COMMITS_AHEAD) await Promise.race(this.#underWay);
    }
  }

  /** Rows that the log did not take are among the next, but for what is news of their files. */
  async #ahead(rows: readonly CursorChange[]): Promise<void> {
    try {
      await this.#context.record({ events: [], cursors: rows });
    } catch (error) {
      for (const row of rows) if (!this.#rows.has(row.key)) this.#rows.set(row.key, row);
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    }
  }
}

function rowOf({ path, state }: IndexMove): CursorChange {
  return { key: `${FILE}${path}`, value: state === undefined ? null : encodeState(state) };
}

/** A row that cannot be read is that of a file of which nothing is known. */
function stateOf(value: string | null): IndexMove['state'] {
  return value === null ? undefined : decodeState(value);
}

function redoOf(moves: readonly IndexMove[]): CursorChange[] {
  const count = Math.ceil(moves.length / REDO_MOVES);
  return Array.from({ length: count }, (_, index) => {
    const part = moves.slice(index * REDO_MOVES, (index + 1) * REDO_MOVES);
    const list = part.map(rowOf).map(({ key, value }) => [key.slice(FILE.length), value]);
    return { key: `${REDO}${String(index).padStart(4, '0')}`, value: JSON.stringify(list) };
  });
}

function readMoves(text: string): IndexMove[] {
  const list = JSON.parse(text) as [string, string | null][];
  return list.map(([path, value]) => ({ path, state: stateOf(value) }));
}
