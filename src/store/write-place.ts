import type { Write } from './contract.ts';

/** The stream that a write's record belongs to; `own` where it begins one, null where in none. */
export function streamOf(write: Write, own: number): number | null {
  switch (write.kind) {
    case 'advance':
      return write.run;
    case 'entity':
      return write.entity ?? own;
    case 'open':
      return own;
    case 'event':
      return null;
  }
}

/** The stream's record before the one that is written; null for a first one, and for none. */
export function prevOf(write: Write): number | null {
  return 'expectedVersion' in write ? write.expectedVersion : null;
}
