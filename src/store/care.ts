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
