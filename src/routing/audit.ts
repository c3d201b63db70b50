import type { LogRecord, Store } from '../store/contract.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { Catalogs } from './catalogs.ts';
import { type WindowFault, WindowAudit } from './audit-windows.ts';
import { bareMatch, catalogPlace, count, countStrays, planRecord, recount } from './plan.ts';
import { HOOKS } from '../runs/amended.ts';
import { VerdictReader } from './hook-verdicts.ts';
import { decodeErased, type ErasedMatch, payloadText } from '../store/erased.ts';
import { type AuditState, stateAtCut } from './audit-state.ts';
import type { Counting, Tally, TallyTerm } from './tally.ts';

/** Whether the log bears out what became of its events. */
export interface AuditReport {
  readonly firstBad: { readonly seq: number; readonly reason: string } | null;
  /** What the log says became of its events, and how many the router has yet to see. */
  readonly sum: AuditSum;
}

/** The terms of the tally; `waiting` are the events that are held, and those not yet routed. */
export type AuditSum = Omit<Counting, 'held'> & { readonly waiting: number };

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
  'held',
  'dropped',
  'dead_lettered',
  'succeeded',
  'failed',
  'noop',
  'declined',
  'cancelled',
  'compensated',
  'compensation_stuck',
  'called',
];

/**
 * Proves from the log alone that every event became what its flows made of it, once: matches each
 * event again under the catalog of its place, and finds for each match its run or its dead letter,
 * for each of these its match, and in the end the same sums that the router counted on its way.
 */
export async function auditLog(
  audited: Audited,
  progress: (done: number, all: number) => void,
): Promise<AuditReport> {
  const { store, routed, counted } = audited;
  // The router may have read what is durable and not yet acknowledged.
  const head = Math.max(store.head(), routed);
  const start = await stateAtCut(store);
  const audit = new Audit(routed, start);
  await auditRange(audit, audited, { after: start.last, until: head, progress });
  await audit.finish(store, head);
  return audit.report(counted, { routed, head });
}

/**
 * What an audit knows behind the record at `until`, if it goes on from where the log begins.
 * Nothing is said there of what is wrong: that is for `verify`.
 */
export async function auditStateAt(
  audited: Omit<Audited, 'counted'>,
  { until, each }: { readonly until: number; readonly each: (record: LogRecord) => void },
): Promise<AuditState> {
  const start = await stateAtCut(audited.store);
  const audit = new Audit(audited.routed, start);
  await auditRange(audit, audited, { after: start.last, until, each });
  return audit.state(until);
}

interface Range {
  readonly after: number;
  readonly until: number;
  readonly progress?: (done: number, all: number) => void;
  readonly each?: (record: LogRecord) => void;
}

async function auditRange(
  audit: Audit,
  { store, catalogs, routed }: Omit<Audited, 'counted'>,
  { after: from, until, progress, each }: Range,
): Promise<void> {
  const verdicts = await verdictsOf(store, Math.max(store.head(), until));
  const erased = new ErasedMatches(store);
  for (let after = from; after < until;) {
    const records = await store.read({ after, limit: PAGE, until });
    for (const record of records) {
      each?.(record);
      const { index } = await catalogs.at(catalogPlace(record));
      const verdict = await verdicts?.of(record.seq);
      const told = await erased.of(record);
      const plan = (): readonly ErasedMatch[] =>
        told ?? planRecord(record, index, store.identity, verdict).map(bareMatch);
      audit.record(record, record.seq <= routed ? plan() : []);
    }
    after = records.at(-1)?.seq ?? until;
    progress?.(after, until);
  }
}

/** What flows made of the events whose payload is gone. */
class ErasedMatches {
  readonly #store: Store;
  readonly #found = new Map<number, readonly ErasedMatch[]>();
  #after = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Undefined where the payload is there, and tells it. */
  async of({ seq, data }: LogRecord): Promise<readonly ErasedMatch[] | undefined> {
    if (data !== payloadText) return undefined;
    // It may go while the log is read; that it does is recorded before.
    if (!this.#found.has(seq)) await this.#readOn();
    return this.#found.get(seq);
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const query = { after: this.#after, limit: PAGE, type: 'event.erased' };
      const records = await this.#store.read(query);
      for (const record of records) {
        const { seq, matches } = decodeErased(record);
        this.#found.set(seq, matches);
      }
      const last = records.at(-1);
      if (last === undefined) return;
      this.#after = last.seq;
    }
  }
}

/** Nothing has to be read where no hook ever said anything. */
async function verdictsOf(store: Store, head: number): Promise<VerdictReader | undefined> {
  const { seq } = await store.checkpoint(HOOKS);
  return seq === 0 ? undefined : new VerdictReader(store, head);
}

class Audit {
  readonly #routed: number;
  readonly #tally: Counting;
  /**
   * Matches whose run or dead letter has not come yet: few, since the router is never far behind.
   */
  readonly #owed = new Set<string>();
  readonly #windows: WindowAudit;
  #firstBad: AuditReport['firstBad'] = null;

  constructor(routed: number, start: AuditState) {
    this.#routed = routed;
    this.#tally = { ...start.tally };
    for (const debtKey of start.owed) this.#owed.add(debtKey);
    this.#windows = new WindowAudit(routed, start.windows, (events) => {
      countStrays(this.#tally, events);
    });
  }

  state(last: number): AuditState {
    return { last, tally: this.#tally, owed: [...this.#owed], windows: this.#windows.owed };
  }

  record(record: LogRecord, matches: readonly ErasedMatch[]): void {
    this.#collect(record);
    if (record.seq > this.#routed) return;
    count(this.#tally, record, matches);
    for (const match of matches) {
      const { kind, flow } = match;
      if (kind === 'gathered') this.#windows.gathered(record.seq, flow, match.key);
      else if (kind === 'held') this.#windows.held(record.seq, match);
      else if (kind !== 'filtered') this.#owed.add(debt(kind, record.seq, flow));
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
    const { held, ...sum } = this.#tally;
    return { firstBad: this.#firstBad, sum: { ...sum, waiting: head - routed + held } };
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
