/**
 * One thing that is wrong with what a user wrote, at the place where it is wrong.
 *
 * Lines and columns count from 1.
 */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `signalbox.yaml:4:11: error: unknown key "step", did you mean "steps"? [config.unknown_key]` */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, message, code } = finding;
  return `${file}:${line}:${column}: ${severity}: ${message} [${code}]`;
}

/** Findings in the order in which a reader meets them. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => compareTexts(a.file, b.file) || a.line - b.line || a.column - b.column,
  );
}

/** By code units: the order is the same on every machine, whatever its language. */
function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** The known word that `word` was probably meant to be, or undefined where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    // Two words are at least as far apart as their lengths: what cannot win is not compared.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `, did you mean "steps"?` or nothing: the tail of a message about an unknown word. */
export function suggestion(word: string, known: Iterable<string>): string {
  const meant = didYouMean(word, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}

/** Optimal string alignment: an insertion, deletion, change or swap of neighbours counts one. */
function editDistance(a: string, b: string): number {
  let before = new Uint32Array(b.length + 1);
  let previous = before.map((_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = new Uint32Array(b.length + 1).fill(i);
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      current[j] = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        at(previous, j - 1) + cost,
        swapped ? at(before, j - 2) + 1 : Infinity,
      );
    }
    before = previous;
    previous = current;
  }
  return at(previous, b.length);
}

/** An element that is known to be there. */
function at(row: Uint32Array, index: number): number {
  return Number(row[index]);
}
