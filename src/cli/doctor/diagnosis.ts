/**
 * One thing that the doctor looked at: `ok`, `weaker` than what is there without being asked for,
 * or an `obstacle`.
 */
export interface Diagnosis {
  readonly level: 'ok' | 'weaker' | 'obstacle';
  /** A word or two. */
  readonly about: string;
  /** A sentence. */
  readonly message: string;
  /** What to do, a sentence; null where all is well. */
  readonly remedy: string | null;
}

/** All is well with it. */
export function ok(about: string, message: string): Diagnosis {
  return { level: 'ok', about, message, remedy: null };
}

/** It works, and protects less than it could. */
export function weaker(about: string, message: string, remedy: string): Diagnosis {
  return { level: 'weaker', about, message, remedy };
}

/** It does not work, or will not. */
export function obstacle(about: string, message: string, remedy: string): Diagnosis {
  return { level: 'obstacle', about, message, remedy };
}
