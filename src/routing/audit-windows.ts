import { decodeWindowClosed } from '../runs/window-closed.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { decodeWindow, seqsOf } from './window.ts';

/** An event of which a window should know. */
interface Owed {
  readonly flow: string;
  readonly key: string;
  readonly seqs: number[];
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

  /** `routed`: the last seq that the router has routed. */
  constructor(routed: number) {
    this.#routed = routed;
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
    const closed = record.source === null ? decodeWindowClosed(record) : undefined;
    if (closed === undefined) return undefined;
    return this.#pay(closed.flow, closed.key, closed.events, record.seq);
  }

  /** What no window knows of: asks which ones are open, and which were closed meanwhile. */
  async finish(store: Store, head: number): Promise<WindowFault | undefined> {
    for (let after; ;) {
      const rows = await store.windows({ limit: PAGE, after });
      for (const row of rows) {
        const fault = this.#pay(row.flow, row.key, seqsOf(decodeWindow(row)), this.#routed);
        if (fault !== undefined) return fault;
      }
      after = rows.at(-1);
      if (after === undefined || rows.length < PAGE) break;
    }
    return (await this.#closedSince(store, head)) ?? this.#missing();
  }

  async #closedSince(store: Store, head: number): Promise<WindowFault | undefined> {
    for (let after = head; this.#owed.size > 0;) {
      const records = await store.read({ after, limit: PAGE, type: 'window.closed' });
      for (const record of records) {
        const fault = this.closed(record);
        if (fault !== undefined) return fault;
      }
      const last = records.at(-1);
      if (last === undefined) return undefined;
      after = last.seq;
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
  #pay(flow: string, key: string, events: readonly number[], at: number): WindowFault | undefined {
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
