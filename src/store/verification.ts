/** How a log is read again. */
export interface VerifyOptions {
  readonly progress: (done: number, all: number) => void;
  /** Also checks every page and index of the file. */
  readonly deep: boolean;
}

/** What reading a log again has found. */
export interface LogReport {
  readonly events: number;
  /** The last seq before the beginning of a log whose older part was taken out. */
  readonly trimmed?: number;
  /** How many of the events that it has were erased, where any was. */
  readonly erased?: number;
  /** False where no digests prove the bytes: what was changed in its place is not found. */
  readonly chained?: boolean;
  readonly firstBad: { readonly seq: number; readonly reason: string } | null;
}
