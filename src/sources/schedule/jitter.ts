import { seededRandom } from '../../std/random.ts';
import type { Occurrences } from './occurrences.ts';

/** What the delays of one schedule are drawn from. */
export interface JitterOptions {
  readonly occurrences: Occurrences;
  /** The longest delay; 0 for none. */
  readonly jitterMs: number;
  /** Schedules of different names are delayed differently. */
  readonly name: string;
}

/**
 * How long after its nominal time an occurrence is due: for the same occurrence always the same, so
 * that a restart draws no other, and always less than the time to the next one.
 */
export function jitterOf(options: JitterOptions): (nominal: number) => number {
  const { occurrences, jitterMs, name } = options;
  if (jitterMs === 0) return () => 0;
  return (nominal) => {
    const next = occurrences.after(nominal) ?? Number.POSITIVE_INFINITY;
    const random = seededRandom(seedOf(`${name}@${nominal}`));
    return Math.floor(random() * Math.min(jitterMs, next - nominal));
  };
}

/** FNV-1a: neighbouring times have seeds that are far apart. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash;
}
