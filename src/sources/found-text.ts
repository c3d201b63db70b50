import type { Found } from './source.ts';

/** `4 file changes, 1 file change skipped by policy`: what a source missed, for people. */
export function foundText({ recovered, skipped, what }: Found): string {
  const parts = [
    ...(recovered > 0 ? [`${recovered} ${numbered(what, recovered)}`] : []),
    ...(skipped > 0 ? [`${skipped} ${numbered(what, skipped)} skipped by policy`] : []),
  ];
  return parts.join(', ');
}

/** The first plural of `occurrences of a schedule` is what is counted. */
function numbered(what: string, count: number): string {
  return count === 1 ? what.replace(/s\b/, '') : what;
}
