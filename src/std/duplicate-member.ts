const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * The first name that an object of a JSON text has twice; undefined where there is none.
 *
 * Readers differ in which of the two they take, so that what one checks another may not see. Takes
 * a text that `parseJson` has accepted; of others it promises nothing.
 */
export function duplicateMember(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BRACE_OPEN) open.push(new Set());
    else if (code === BRACE_CLOSE) open.pop();
    if (code !== QUOTE) continue;
    const end = endOfString(text, at);
    const names = isName(text, end) ? open.at(-1) : undefined;
    if (names !== undefined) {
      const quoted = text.slice(at, end);
      const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
      if (names.has(name)) return name;
      names.add(name);
    }
    at = end - 1;
  }
  return undefined;
}

/** The index after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Whether what follows a string makes it the name of a member. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}
