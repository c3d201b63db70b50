import { decodeWindowClosed, type WindowClosed } from '../runs/window-closed.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { decodeWindow, type OpenWindow, seqsOf } from './window.ts';

/** The flow and key whose events are taken together. */
interface Gathering {
  readonly flow: string;
  readonly key: string;
}

/** An event of which a window should know. */
interface Owed extends Gathering {
  readonly seqs: number[];
}

/** Events of one flow and key that no record has closed yet. */
export interface OwedWindow extends Gathering {
  readonly seqs: readonly number[];
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
  readonly #owed = new Map<string, Owed>();

  /** `routed`: the last seq that the router has routed. `owed`: where an audit before ended. */
  constructor(routed: number, owed: readonly OwedWindow[] = []) {
    this.#routed = routed;
    for (const { flow, key, seqs } of owed) {
      this.#owed.set(JSON.stringify([flow, key]), { flow, key, seqs: [...seqs] });
    }
  }

  /** The events that no record has closed yet. */
  get owed(): readonly OwedWindow[] {
    return [...this.#owed.values()];
  }

  /** An event is to be in a window of the flow. */
  gathered(seq: number, flow: string, key: string): void {
    const id = JSON.stringify([flow, key]);
    const owed = this.#owed.get(id);
    if (owed === undefined) this.#owed.set(id, { flow, key, seqs: [seq] });
    else owed.seqs.push(seq);
  }

  /** A record closes a window; undefined where it lists what is to be in it. */
  closed(record: LogRecord): WindowFault | undefined {
    const closed = closingOf(record);
    return closed && this.#pay(closed, closed.events, record.seq);
  }

  /** What no window knows of: asks which ones are open, and which were closed meanwhile. */
  async finish(store: Store, head: number): Promise<WindowFault | undefined> {
    const open = await openWindows(store);
    return (await this.#closedSince(store, head, open)) ?? this.#payOpen(open) ?? this.#missing();
  }

  /** The router goes on: what has been closed by now is not open, though it was seen so. */
  async #closedSince(
    store: Store,
    head: number,
    open: Map<string, OpenWindow>,
  ): Promise<WindowFault | undefined> {
    for (let after = head; ;) {
      const records = await store.read({ after, limit: PAGE, type: 'window.closed' });
      for (const record of records) {
        const closed = closingOf(record);
        if (closed !== undefined) open.delete(nameOf(closed, closed.events));
        const fault = this.closed(record);
        if (fault !== undefined) return fault;
      }
      const last = records.at(-1);
      if (last === undefined) return undefined;
      after = last.seq;
    }
  }

  #payOpen(open: ReadonlyMap<string, OpenWindow>): WindowFault | undefined {
    for (const each of open.values()) {
      const fault = this.#pay(each, seqsOf(each.window), this.#routed);
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

/** What a record of our own closes. */
function closingOf(record: LogRecord): WindowClosed | undefined {
  return record.source === null ? decodeWindowClosed(record) : undefined;
}

/** One window, told from those of its flow and key before and after it by its first event. */
function nameOf({ flow, key }: Gathering, [first]: readonly number[]): string {
  return JSON.stringify([flow, key, first]);
}
