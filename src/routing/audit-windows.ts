import {
  decodeWindowClosed,
  decodeWindowExpired,
  type WindowClosed,
} from '../runs/window-closed.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { decodeWindow, type OpenWindow, seqsOf } from './window.ts';

/** The flow and key whose events are taken together. */
interface Gathering {
  readonly flow: string;
  readonly key: string;
}

/** An event of which a window should know. */
interface Owed extends Gathering {
  seqs: number[];
  /** Of a pattern: those that begin no match; a window has them only behind one that does. */
  readonly loose: Set<number>;
}

/** Events of one flow and key that no record has closed yet. */
export interface OwedWindow extends Gathering {
  readonly seqs: readonly number[];
  readonly loose?: readonly number[];
}

/** What is wrong, and where. */
export interface WindowFault {
  readonly seq: number;
  readonly reason: string;
}

const PAGE = 1_000;

/**
 * Proves that each event that a flow takes together with others is in one window: in the order in
 * which they came, in a record that closes it or in one that is open. Holds the events that no
 * record has closed yet.
 */
export class WindowAudit {
  readonly #routed: number;
  /** Told how many events of patterns turned out to be in no window. */
  readonly #onStrays: (events: number) => void;
  readonly #owed = new Map<string, Owed>();

  /** `routed`: the last seq that the router has routed. `owed`: where an audit before ended. */
  constructor(
    routed: number,
    owed: readonly OwedWindow[] = [],
    onStrays: (events: number) => void = () => {},
  ) {
    this.#routed = routed;
    this.#onStrays = onStrays;
    for (const { flow, key, seqs, loose = [] } of owed) {
      const kept = { flow, key, seqs: [...seqs], loose: new Set(loose) };
      this.#owed.set(JSON.stringify([flow, key]), kept);
    }
  }

  /** The events that no record has closed yet. */
  get owed(): readonly OwedWindow[] {
    return Array.from(this.#owed.values(), ({ loose, ...owed }) => {
      return loose.size === 0 ? owed : { ...owed, loose: [...loose] };
    });
  }

  /** An event is to be in a window of the flow. */
  gathered(seq: number, flow: string, key: string): void {
    const id = JSON.stringify([flow, key]);
    this.#owe(id, { flow, key }).seqs.push(seq);
  }

  /** An event is to be in a window of the flow's pattern, if one is open or it `opens` one. */
  held(seq: number, { flow, key, opens }: Gathering & { readonly opens: boolean }): void {
    const id = JSON.stringify([flow, key]);
    if (!opens && !this.#owed.has(id)) return this.#onStrays(1);
    const owed = this.#owe(id, { flow, key });
    owed.seqs.push(seq);
    if (!opens) owed.loose.add(seq);
  }

  #owe(id: string, { flow, key }: Gathering): Owed {
    const known = this.#owed.get(id);
    if (known !== undefined) return known;
    const owed = { flow, key, seqs: [], loose: new Set<number>() };
    this.#owed.set(id, owed);
    return owed;
  }

  /** A record closes a window; undefined where it lists what is to be in it. */
  closed(record: LogRecord): WindowFault | undefined {
    const closed = closingOf(record);
    if (closed === undefined) return undefined;
    const { events, pattern } = closed;
    if (pattern === undefined) return this.#pay(closed, events, record.seq);
    return this.#payHeld(closed, events, record.seq);
  }

  /** Whatever else is owed of a pattern, its windows list some of it, in an order of their own. */
  #payHeld(
    { flow, key }: Gathering,
    listed: readonly number[],
    at: number,
  ): WindowFault | undefined {
    const id = JSON.stringify([flow, key]);
    const owed = this.#owed.get(id);
    const paid = new Set(listed.filter((seq) => seq <= this.#routed));
    const rest = (owed?.seqs ?? []).filter((seq) => !paid.has(seq));
    if (paid.size !== (owed?.seqs.length ?? 0) - rest.length) {
      const first = [...paid].find((seq) => owed?.seqs.includes(seq) !== true);
      const reason = `a window of flow "${flow}" holds event ${first}, which is not to be in it`;
      return { seq: at, reason };
    }
    if (owed === undefined) return undefined;
    this.#dropLoose(owed, rest);
    if (owed.seqs.length === 0) this.#owed.delete(id);
    return undefined;
  }

  /** What begins no match, and has nothing before it that does, was in no window. */
  #dropLoose(owed: Owed, rest: readonly number[]): void {
    const begin = rest.findIndex((seq) => !owed.loose.has(seq));
    owed.seqs = begin === -1 ? [] : rest.slice(begin);
    const strays = begin === -1 ? rest : rest.slice(0, begin);
    if (strays.length > 0) this.#onStrays(strays.length);
    const left = new Set(owed.seqs);
    for (const seq of owed.loose) if (!left.has(seq)) owed.loose.delete(seq);
  }

  /** What no window knows of: asks which ones are open, and which were closed meanwhile. */
  async finish(store: Store, head: number): Promise<WindowFault | undefined> {
    const open = await openWindows(store);
    const told = new Set<number>();
    return (
      (await this.#closedSince(store, head, { open, told })) ??
      this.#payOpen(open, told) ??
      this.#missing()
    );
  }

  /**
   * The router goes on: what has been closed by now is not open, though it was seen so. Of patterns
   * it is `told` which events: some of their windows stay open.
   */
  async #closedSince(
    store: Store,
    head: number,
    { open, told }: { readonly open: Map<string, OpenWindow>; readonly told: Set<number> },
  ): Promise<WindowFault | undefined> {
    for (let after = head; ;) {
      const records = await store.read({ after, limit: PAGE, type: 'window.*' });
      for (const record of records) {
        noteClosed(record, open, told);
        const fault = this.closed(record);
        if (fault !== undefined) return fault;
      }
      const last = records.at(-1);
      if (last === undefined) return undefined;
      after = last.seq;
    }
  }

  #payOpen(
    open: ReadonlyMap<string, OpenWindow>,
    told: ReadonlySet<number>,
  ): WindowFault | undefined {
    for (const each of open.values()) {
      const seqs = seqsOf(each.window);
      const fault =
        each.window.pattern === undefined
          ? this.#pay(each, seqs, this.#routed)
          : this.#payHeld(
              each,
              seqs.filter((seq) => !told.has(seq)),
              this.#routed,
            );
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #missing(): WindowFault | undefined {
    const [owed] = this.#owed.values();
    const seq = owed?.seqs[0];
    if (owed === undefined || seq === undefined) return undefined;
    return {
      seq,
      reason: `flow "${owed.flow}" takes this event with others, and no window has it`,
    };
  }

  /** Events that the audit has not looked at are passed over. */
  #pay({ flow, key }: Gathering, events: readonly number[], at: number): WindowFault | undefined {
    const id = JSON.stringify([flow, key]);
    const owed = this.#owed.get(id);
    for (const seq of events) {
      if (seq > this.#routed) break;
      if (owed?.seqs.shift() === seq) continue;
      return {
        seq: at,
        reason: `a window of flow "${flow}" holds event ${seq}, which it does not take next`,
      };
    }
    if (owed?.seqs.length === 0) this.#owed.delete(id);
    return undefined;
  }
}

/** Windows as they are read page by page, while events join them. */
async function openWindows(store: Store): Promise<Map<string, OpenWindow>> {
  const open = new Map<string, OpenWindow>();
  for (let after; ;) {
    const rows = await store.windows({ limit: PAGE, after });
    for (const row of rows) {
      const window = decodeWindow(row);
      open.set(nameOf(row, seqsOf(window)), { flow: row.flow, key: row.key, window });
    }
    after = rows.at(-1);
    if (after === undefined) return open;
  }
}

/** What a record of our own says of the events of a window, those in no match included. */
function closingOf(
  record: LogRecord,
): (Gathering & Pick<WindowClosed, 'events' | 'pattern'>) | undefined {
  if (record.source !== null) return undefined;
  const closed = decodeWindowClosed(record) ?? decodeWindowExpired(record);
  if (closed === undefined || !('passed' in closed)) return closed;
  return { ...closed, events: [...closed.events, ...(closed.passed ?? [])] };
}

function noteClosed(record: LogRecord, open: Map<string, OpenWindow>, told: Set<number>): void {
  const closed = closingOf(record);
  if (closed === undefined) return;
  if (closed.pattern === undefined) open.delete(nameOf(closed, closed.events));
  else for (const seq of closed.events) told.add(seq);
}

/** One window, told from those of its flow and key before and after it by its first event. */
function nameOf({ flow, key }: Gathering, [first]: readonly number[]): string {
  return JSON.stringify([flow, key, first]);
}
