/**
 * What a store does for its own bytes beside the log: copies, and what is taken out of it.
 *
 * It is a part of its own, since not every store has it: `Store.care` is undefined where the
 * database has means of its own, and who asks is told so.
 */
export interface StorageCare {
  /**
   * Copies the whole store into one file, for its owner alone, while work goes on. The file is
   * there when it is whole, checked and on disk, or not at all.
   *
   * @throws SignalboxError `backup.exists` where something has that name already, `backup.failed`
   *   where it could not be written or is not what the log holds.
   */
  backup(file: string): Promise<CopyReport>;
  usage(): Promise<Usage>;

  /** The consumers with a place in the log whose names begin so. */
  consumers(prefix: string): Promise<string[]>;
  /** Where the log begins; undefined where it is whole. */
  cut(): Promise<Cut | undefined>;
  /** How far the log may be cut, all but the policy considered; undefined where not at all. */
  cuttable(query: CuttableQuery): Promise<Cuttable | undefined>;
  /** What is chained of records, in the order of the seqs: at most 1,000 are asked for. */
  digests(seqs: readonly number[]): Promise<string[]>;
  /** Commit groups as they are chained, from the one behind `after` on: a page of them. */
  groups(query: GroupsQuery): Promise<StoredGroup[]>;
  /**
   * Moves the beginning of the log, as the record `event` says; nothing is removed yet. False
   * where a run is open that needs what is before, or the log begins elsewhere by now.
   */
  trim(trim: Trim): Promise<boolean>;
  /**
   * Removes a small part of what is before the beginning, in one short commit, and what is kept no
   * longer by then. False where nothing is left to be removed.
   */
  sweep(now: number): Promise<boolean>;

  /**
   * Destroys the payload of one event, and what would tell it: its salt and the digest of its
   * content. Its place in the chain stays provable. False where it was so before.
   */
  erase(erasure: Erasure): Promise<boolean>;
}

/** What a copy of a store holds. */
export interface CopyReport {
  /** The seq of its last record. */
  readonly head: number;
  /** The chain's digest there; empty for an empty log. */
  readonly digest: string;
  /** The name that the log was born with. */
  readonly logId: string;
  readonly bytes: number;
}

/** What a store takes up. */
export interface Usage {
  /** Bytes of its files that hold something; what is free within them is used again first. */
  readonly used: number;
  readonly file: number;
}

/** Where a log begins whose older part was taken out. */
export interface Cut {
  /** The last seq of that part. */
  readonly last: number;
  /** The chain's digest there: what is behind it is proved from it. */
  readonly digest: string;
  /** The `log.trimmed` that says so. */
  readonly event: number;
  /** Up to where it is removed; the rest of it still is there and no part of the log any more. */
  readonly swept: number;
}

export interface CuttableQuery {
  /** Records that were received at or after this are not cut. */
  readonly received: number;
  /** Nothing behind this seq is cut. */
  readonly until: number;
  /** About how many records are cut at once. */
  readonly records: number;
}

/** A place at which the log may be cut: the end of a commit group. */
export interface Cuttable {
  readonly first: number;
  readonly last: number;
  /** The chain's digest before `first`, and at `last`. */
  readonly before: string;
  readonly digest: string;
}

export interface GroupsQuery {
  readonly after: number;
  readonly until: number;
}

/** The records of one commit, with what proves them. */
export interface StoredGroup {
  readonly last: number;
  readonly digest: string;
  readonly records: readonly StoredRecord[];
}

/** The values of a record as they are chained, without the payload's; its salt and its payload. */
export interface StoredRecord {
  readonly head: readonly (string | number | null)[];
  /** Null where the payload was erased: then its digest stands in place of it. */
  readonly salt: string | null;
  readonly data: string;
}

export interface Trim {
  /** Where the log began before, less one. */
  readonly from: number;
  readonly to: number;
  /** The seq of the `log.trimmed` about it. */
  readonly event: number;
  readonly kept: readonly KeptRecord[];
}

/** A record that stays though the log begins behind it, and until when, in engine time. */
export interface KeptRecord {
  readonly seq: number;
  readonly until: number;
  /** What stands in the chain for it. */
  readonly digest: string;
}

export interface Erasure {
  readonly seq: number;
  /** The key under which its id is remembered; undefined for one without an id. */
  readonly key: string | undefined;
}
