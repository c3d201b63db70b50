/** Lines of context around what differs. */
const CONTEXT = 3;
/** Lines of either text beyond which the whole of both is taken for different. */
const LINES_MAX = 2_000;
/** Stands behind a last line that no newline ends. No line of a text is the same. */
const UNENDED = '\n';
const UNENDED_SHOWN = String.raw`\ No newline at end of file`;

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** What differs between two texts, as unified diffs write it; empty where nothing does. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return '';
  const [old, present] = [linesOf(before), linesOf(after)];
  const edits = editsOf(old, present);
  return hunksOf(edits).join('\n');
}

/** A last line that no newline ends says so. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines.push(UNENDED);
  return lines;
}

function editsOf(old: readonly string[], present: readonly string[]): Edit[] {
  let start = 0;
  while (start < old.length && old[start] === present[start]) start++;
  let end = 0;
  while (
    end < Math.min(old.length, present.length) - start &&
    old.at(-1 - end) === present.at(-1 - end)
  )
    end++;
  const keep = (line: string): Edit => ({ sign: ' ', line });
  return [
    ...old.slice(0, start).map(keep),
    ...changed(old.slice(start, old.length - end), present.slice(start, present.length - end)),
    ...old.slice(old.length - end).map(keep),
  ];
}

/** The edits between two lists that differ in their first and last lines. */
function changed(old: readonly string[], present: readonly string[]): Edit[] {
  const out = (sign: Edit['sign'], lines: readonly string[]): Edit[] =>
    lines.map((line) => ({ sign, line }));
  if (old.length > LINES_MAX || present.length > LINES_MAX)
    return [...out('-', old), ...out('+', present)];
  const commonAt = commonLengths(old, present);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < present.length) {
    if (old[i] === present[j]) {
      edits.push(...out(' ', old.slice(i, ++i)));
      j++;
    } else if (commonAt(i + 1, j) >= commonAt(i, j + 1)) edits.push(...out('-', old.slice(i, ++i)));
    else edits.push(...out('+', present.slice(j, ++j)));
  }
  return [...edits, ...out('-', old.slice(i)), ...out('+', present.slice(j))];
}

/** How long the longest common part is of what stands from each pair of places on. */
function commonLengths(
  old: readonly string[],
  present: readonly string[],
): (i: number, j: number) => number {
  const width = present.length + 1;
  const table = new DataView(new ArrayBuffer(2 * width * (old.length + 1)));
  const at = (i: number, j: number): number => table.getUint16(2 * (i * width + j));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = present.length - 1; j >= 0; j--) {
      const same = old[i] === present[j];
      const length = same ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      table.setUint16(2 * (i * width + j), length);
    }
  }
  return at;
}

function hunksOf(edits: readonly Edit[]): string[] {
  const near = edits.map((_, index) =>
    edits.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  );
  const lines: string[] = [];
  let [old, present] = [1, 1];
  for (const [index, { sign, line }] of edits.entries()) {
    if (near[index] === true) {
      if (near[index - 1] !== true) lines.push(`@@ -${old} +${present} @@`);
      lines.push(`${sign}${line === UNENDED ? UNENDED_SHOWN : line}`);
    }
    if (sign !== '+') old++;
    if (sign !== '-') present++;
  }
  return lines;
}
