/** How a log is read again. */
export interface VerifyOptions {
  readonly progress: (done: number, all: number) => void;
  /** Also checks every page and index of the file. */
  readonly deep: boolean;
}

/** What reading a log again has found. */
export interface LogReport {
  readonly events: number;
  readonly firstBad: { readonly seq: number; readonly reason: string } | null;
}
