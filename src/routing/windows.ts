import type { Gather } from '../flows/flow.ts';
import { Heap } from '../std/heap.ts';
import type { Store, WindowRow, WindowWrite } from '../store/contract.ts';
import type { Held } from './pattern.ts';
import { type PatternOwner, type PatternStep, stepOf } from './pattern-window.ts';
import {
  decodeWindow,
  encodeWindow,
  isFull,
  joined,
  type Member,
  type OpenWindow,
} from './window.ts';

/** Open windows that are held: an event that would open a further one is a window of its own. */
export const WINDOWS_MAX = 100_000;
/** Events that all open windows hold: beyond them, a further one closes the window it joins. */
export const MEMBERS_MAX = 20_000_000;

/** Rows that one reading yields. */
const PAGE = 1_000;
/** Entries of the queue that may be out of date, beside as many as there are open windows. */
const STALE_MAX = 1_000;

/** What an open window becomes; undefined where it is not open. */
interface Change {
  readonly before: OpenWindow | undefined;
  readonly after: OpenWindow | undefined;
}

/** What one round makes of the windows: planned, and not durable yet. */
export interface Stage {
  readonly changes: Map<string, Change>;
}

/** A time at which a window was due when this was noted. */
interface Due {
  readonly due: number;
  readonly id: string;
}

/** Beyond them no window opens, or goes on. */
export interface WindowLimits {
  readonly windows: number;
  readonly members: number;
}

/**
 * The open windows, as the router's plan has them: what is durable, and on top of it one stage for
 * each round under way. A stage knows what stood before it, so that discarding it, and those that
 * were built on it, puts that back.
 *
 * An event costs a look-up and a window of a few fields, however many windows are open.
 */
export class Windows {
  readonly #limits: WindowLimits;
  readonly #open = new Map<string, OpenWindow>();
  /** Events in open windows. */
  #members = 0;
  /** Stages that are not durable, oldest first. Only the newest one may change. */
  readonly #stages: Stage[] = [];
  /**
   * Each open window has an entry with its due time here. So may windows that are closed by now, or
   * due at another time: such entries are passed over.
   */
  #queue = newQueue();

  constructor(rows: Iterable<WindowRow> = [], limits: Partial<WindowLimits> = {}) {
    this.#limits = { windows: WINDOWS_MAX, members: MEMBERS_MAX, ...limits };
    for (const row of rows) {
      const { flow, key } = row;
      this.#set(idOf(row), { flow, key, window: decodeWindow(row) });
    }
  }

  /** The windows as they stand in the store. */
  static async load(store: Pick<Store, 'windows'>): Promise<Windows> {
    const rows: WindowRow[] = [];
    for (;;) {
      const page = await store.windows({ limit: PAGE, after: rows.at(-1) });
      if (page.length === 0) return new Windows(rows);
      rows.push(...page);
    }
  }

  /** How many windows are open. */
  get size(): number {
    return this.#open.size;
  }

  /** When the first of the open windows is due; undefined where none is open. */
  get nextDue(): number | undefined {
    return this.#first()?.window.due;
  }

  /** The first of the windows that are due by then: it is to be closed before what comes then. */
  overdue(now: number): OpenWindow | undefined {
    const first = this.#first();
    return first === undefined || first.window.due > now ? undefined : first;
  }

  /** Begins the changes of a round, on top of those that are under way. */
  stage(): Stage {
    const stage: Stage = { changes: new Map() };
    this.#stages.push(stage);
    return stage;
  }

  /**
   * Takes an event into the window of its flow and key, or opens one for it. Returns the window
   * where the event closes it: where it is full, or there are too many. What was due by the time of
   * the event has been closed before.
   */
  join(
    stage: Stage,
    { flow, key, gather }: { readonly flow: string; readonly key: string; readonly gather: Gather },
    member: Member,
  ): OpenWindow | undefined {
    const id = idOf({ flow, key });
    const before = this.#open.get(id);
    const window = joined(before?.window, member, gather);
    const after = { flow, key, window };
    if (isFull(window, gather) || this.#isCrowded(before)) {
      this.#change(stage, id, undefined);
      return after;
    }
    this.#change(stage, id, after);
    return undefined;
  }

  /**
   * Shows an event to the window of its pattern, or opens one for it. Returns what became of events
   * by it. What was due by the time of the event has been closed before.
   */
  advance(stage: Stage, owner: PatternOwner, event: Held): PatternStep {
    const id = idOf(owner);
    const before = this.#open.get(id);
    const step = stepOf(before, owner, { event, crowded: this.#isCrowded(before) });
    if (step.after !== before) this.#change(stage, id, step.after);
    return step;
  }

  /** The open windows of patterns, in no order. */
  *ofPatterns(): Iterable<OpenWindow> {
    for (const open of this.#open.values()) if (open.window.pattern !== undefined) yield open;
  }

  /** Closes a window that is open. */
  close(stage: Stage, open: OpenWindow): void {
    this.#change(stage, idOf(open), undefined);
  }

  /** The round is durable, and so are those before it. */
  commit(stage: Stage): void {
    this.#stages.splice(0, this.#stages.indexOf(stage) + 1);
  }

  /** The round, and what was planned on top of it, will not be. Nothing where it is durable. */
  discard(stage: Stage): void {
    const place = this.#stages.indexOf(stage);
    if (place === -1) return;
    for (const { changes } of this.#stages.splice(place).toReversed()) {
      for (const [id, { before }] of changes) this.#set(id, before);
    }
  }

  #isCrowded(before: OpenWindow | undefined): boolean {
    const { windows, members } = this.#limits;
    if (this.#members >= members) return true;
    return before === undefined && this.#open.size >= windows;
  }

  #change({ changes }: Stage, id: string, after: OpenWindow | undefined): void {
    const earlier = changes.get(id);
    const before = earlier === undefined ? this.#open.get(id) : earlier.before;
    changes.set(id, { before, after });
    this.#set(id, after);
  }

  #set(id: string, next: OpenWindow | undefined): void {
    const now = this.#open.get(id);
    this.#members += countOf(next) - countOf(now);
    if (next === undefined) this.#open.delete(id);
    else {
      this.#open.set(id, next);
      if (next.window.due !== now?.window.due) this.#await(id, next.window.due);
    }
  }

  #await(id: string, due: number): void {
    this.#queue.put({ due, id });
    if (this.#queue.size <= 2 * this.#open.size + STALE_MAX) return;
    this.#queue = newQueue();
    for (const [each, { window }] of this.#open) this.#queue.put({ due: window.due, id: each });
  }

  #first(): OpenWindow | undefined {
    for (;;) {
      const { first } = this.#queue;
      if (first === undefined) return undefined;
      const open = this.#open.get(first.id);
      if (open?.window.due === first.due) return open;
      this.#queue.delete(first);
    }
  }
}

/** What the changes of a round are in the store. What opened and closed within it, is nothing. */
export function windowWrites({ changes }: Stage): WindowWrite[] {
  const writes: WindowWrite[] = [];
  for (const { before, after } of changes.values()) {
    if (after !== undefined) {
      const { flow, key, window } = after;
      writes.push({ flow, key, columns: encodeWindow(window) });
    } else if (before !== undefined) {
      writes.push({ flow: before.flow, key: before.key, columns: null });
    }
  }
  return writes;
}

function countOf(open: OpenWindow | undefined): number {
  return open === undefined ? 0 : open.window.count;
}

function newQueue(): Heap<Due> {
  return new Heap((a, b) => a.due < b.due || (a.due === b.due && a.id < b.id));
}

/** One text for each flow and key: the length says where the name of the flow ends. */
function idOf({ flow, key }: { readonly flow: string; readonly key: string }): string {
  return `${flow.length} ${flow}${key}`;
}
