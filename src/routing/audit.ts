import type { LogRecord, Store } from '../store/contract.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { Catalogs } from './catalogs.ts';
import { type WindowFault, WindowAudit } from './audit-windows.ts';
import { catalogPlace, count, planRecord, recount } from './plan.ts';
import { HOOKS } from '../runs/amended.ts';
import { VerdictReader } from './hook-verdicts.ts';
import { type Counting, decodeTally, type Tally, type TallyTerm } from './tally.ts';

/** Whether the log bears out what became of its events. */
export interface AuditReport {
  readonly firstBad: { readonly seq: number; readonly reason: string } | null;
  /** What the log says became of its events, and how many the router has yet to see. */
  readonly sum: Counting & { waiting: number };
}

/** A log, and what its router says of itself. */
export interface Audited {
  readonly store: Store;
  readonly catalogs: Catalogs;
  /** The last seq that the router has routed. */
  readonly routed: number;
  /** What it counted up to there. */
  readonly counted: Tally;
}

const PAGE = 1_000;
const TERMS: readonly TallyTerm[] = [
  'started',
  'filtered',
  'unmatched',
  'coalesced',
  'dropped',
  'dead_lettered',
  'succeeded',
  'failed',
  'noop',
  'cancelled',
  'called',
];

/**
 * Proves from the log alone that every event became what its flows made of it, once: matches each
 * event again under the catalog of its place, and finds for each match its run or its dead letter,
 * for each of these its match, and in the end the same sums that the router counted on its way.
 */
export async function auditLog(
  { store, catalogs, routed, counted }: Audited,
  progress: (done: number, all: number) => void,
): Promise<AuditReport> {
  const audit = new Audit(routed);
  // The router may have read what is durable and not yet acknowledged.
  const head = Math.max(store.head(), routed);
  const verdicts = await verdictsOf(store, head);
  for (let after = 0; after < head;) {
    const records = await store.read({ after, limit: PAGE, until: head });
    for (const record of records) {
      const { index } = await catalogs.at(catalogPlace(record));
      const verdict = await verdicts?.of(record.seq);
      const isRouted = record.seq <= routed;
      audit.record(record, isRouted ? planRecord(record, index, store.identity, verdict) : []);
    }
    after = records.at(-1)?.seq ?? head;
    progress(after, head);
  }
  await audit.finish(store, head);
  return audit.report(counted, { routed, head });
}

/** Nothing has to be read where no hook ever said anything. */
async function verdictsOf(store: Store, head: number): Promise<VerdictReader | undefined> {
  const { seq } = await store.checkpoint(HOOKS);
  return seq === 0 ? undefined : new VerdictReader(store, head);
}

class Audit {
  readonly #routed: number;
  readonly #tally = decodeTally('{}');
  /**
   * Matches whose run or dead letter has not come yet: few, since the router is never far behind.
   */
  readonly #owed = new Set<string>();
  readonly #windows: WindowAudit;
  #firstBad: AuditReport['firstBad'] = null;

  constructor(routed: number) {
    this.#routed = routed;
    this.#windows = new WindowAudit(routed);
  }

  record(record: LogRecord, matches: ReturnType<typeof planRecord>): void {
    this.#collect(record);
    if (record.seq > this.#routed) return;
    count(this.#tally, record, matches);
    for (const match of matches) {
      const { kind, flow } = match;
      if (kind === 'gathered') this.#windows.gathered(record.seq, flow.name, match.key);
      else if (kind !== 'filtered') this.#owed.add(debt(kind, record.seq, flow.name));
    }
  }

  /** Looks for what the log does not hold: the windows that are open. */
  async finish(store: Store, head: number): Promise<void> {
    this.#note(await this.#windows.finish(store, head));
  }

  #note(fault: WindowFault | undefined): void {
    if (fault !== undefined) this.#bad(fault.seq, fault.reason);
  }

  #collect(record: LogRecord): void {
    this.#note(this.#windows.closed(record));
    const started = record.type === 'run.started' ? decodeJournal(record) : undefined;
    // What another run called answers no match.
    if (started?.type === 'run.started' && started.parent === undefined)
      this.#pay(record, started, 'start');
    if (record.source !== null) return;
    if (record.type === 'event.dropped') {
      if (this.#pay(record, targetOf(record), 'start')) recount(this.#tally, 'dropped');
    } else if (record.type === 'event.dead_lettered') this.#collectLetter(record);
  }

  /** A letter answers a condition without a value, or a start that limits did not let begin. */
  #collectLetter(record: LogRecord): void {
    const target = targetOf(record);
    if (!this.#owed.has(debt('start', target.event, target.flow)))
      this.#pay(record, target, 'dead');
    else if (this.#pay(record, target, 'start')) recount(this.#tally, 'dead_lettered');
  }

  /** False where there was nothing to pay. */
  #pay(record: LogRecord, { event, flow }: Target, kind: 'start' | 'dead'): boolean {
    // The router goes on while the log is read: what answers a later event is not looked at yet.
    if (event > this.#routed) return false;
    if (this.#owed.delete(debt(kind, event, flow))) return true;
    this.#bad(record.seq, `this ${record.type} answers no match of its event, or answers it twice`);
    return false;
  }

  #bad(seq: number, reason: string): void {
    if (this.#firstBad === null || seq < this.#firstBad.seq) this.#firstBad = { seq, reason };
  }

  report(
    counted: Tally,
    { routed, head }: { readonly routed: number; readonly head: number },
  ): AuditReport {
    for (const key of this.#owed) {
      const [kind, seq, flow] = JSON.parse(key) as [string, number, string];
      const missing = kind === 'start' ? 'no run was started' : 'no dead letter was recorded';
      this.#bad(seq, `flow "${flow}" wants this event, and ${missing}`);
    }
    for (const term of TERMS) {
      if (counted[term] === this.#tally[term]) continue;
      const found = this.#tally[term];
      const reason = `the router counted ${counted[term]} ${term}, the log says ${found}`;
      this.#bad(routed, reason);
    }
    return { firstBad: this.#firstBad, sum: { ...this.#tally, waiting: head - routed } };
  }
}

/** The event and the flow that a record is about. */
interface Target {
  readonly event: number;
  readonly flow: string;
}

function targetOf({ data }: LogRecord): Target {
  return JSON.parse(data) as Target;
}

function debt(kind: string, event: number, flow: string): string {
  return JSON.stringify([kind, event, flow]);
}
