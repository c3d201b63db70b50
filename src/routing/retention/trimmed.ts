import type { Cuttable, KeptRecord } from '../../store/care.ts';
import type { LogRecord } from '../../store/contract.ts';
import type { AuditSnapshot } from '../audit-state.ts';
import { keptUntil, type RetentionPolicy } from './policy.ts';

/** What the record of a cut holds: all that is needed to begin behind it. */
export interface TrimmedData {
  /** The seqs of the part that is taken out. */
  readonly first: number;
  readonly last: number;
  /** When its first and last record were received, ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** The chain's digest before it, and at its end. */
  readonly before: string;
  readonly root: string;
  /** How many records it had, by type. */
  readonly counts: Readonly<Record<string, number>>;
  /** The records that stay: seq, until when in engine time, and what is chained of each. */
  readonly kept: readonly (readonly [seq: number, until: number, digest: string])[];
  /** Where an audit goes on. */
  readonly audit: AuditSnapshot;
  /** The file that the part was written into; null where it is nowhere. */
  readonly archive: Archived | null;
}

/** A file of the archive. */
export interface Archived {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Types that a cut counts by name; what others there are is counted together. */
const TYPES_MAX = 100;
const OTHERS = '*';

/** What is to be known of a part before it goes, gathered record by record. */
export class CutSummary {
  readonly #policy: RetentionPolicy;
  readonly #counts = new Map<string, number>();
  readonly #kept: { seq: number; until: number }[] = [];
  #from: number | undefined;
  #to = 0;

  constructor(policy: RetentionPolicy) {
    this.#policy = policy;
  }

  add(record: LogRecord): void {
    this.#from ??= record.received;
    this.#to = record.received;
    const isNamed = this.#counts.has(record.type) || this.#counts.size < TYPES_MAX;
    const name = isNamed ? record.type : OTHERS;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const until = keptUntil(record, this.#policy);
    if (until !== undefined) this.#kept.push({ seq: record.seq, until });
  }

  get kept(): readonly Omit<KeptRecord, 'digest'>[] {
    return this.#kept;
  }

  data(
    { first, last, before, digest }: Cuttable,
    rest: {
      readonly kept: readonly KeptRecord[];
      readonly audit: AuditSnapshot;
      readonly archive: Archived | null;
    },
  ): TrimmedData {
    return {
      first,
      last,
      from: new Date(this.#from ?? 0).toISOString(),
      to: new Date(this.#to).toISOString(),
      before,
      root: digest,
      counts: Object.fromEntries(this.#counts),
      kept: rest.kept.map(({ seq, until, digest: own }) => [seq, until, own] as const),
      audit: rest.audit,
      archive: rest.archive,
    };
  }
}
