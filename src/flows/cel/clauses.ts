/** A text, an operator that joins conditions, or any other character. */
const TOKEN = /"[^"]*"|'[^']*'|&&|\|\||[^]/g;
/** What this reading does not follow: escapes, texts in three quotes, comments. */
const BEYOND = /\\|"""|'''|\/\//;

/**
 * The parts that an expression joins by `&&`, all of which must hold; the expression itself where
 * it has another form, or one that cannot be taken apart with certainty.
 */
export function clausesOf(text: string): readonly string[] {
  if (BEYOND.test(text)) return [text];
  const clauses: string[] = [];
  let clause = '';
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (depth === 0 && (token === '||' || token === '?')) return [text];
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    if (depth > 0 || token !== '&&') {
      clause += token;
      continue;
    }
    clauses.push(clause.trim());
    clause = '';
  }
  return [...clauses, clause.trim()];
}
