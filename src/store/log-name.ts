/**
 * A restore gives the log a new name from there on: old ids stay, and no key is ever used again.
 */
export interface LogName {
  readonly from: number;
  readonly logId: string;
}
