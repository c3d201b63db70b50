import { formsOf } from './secret-forms.ts';
import { textAutomaton, type TextAutomaton } from './text-automaton.ts';
import { textSieve } from './text-sieve.ts';

/** Takes secrets out of texts that are shown or recorded. */
export type Redact = (text: string) => string;

/** How secrets are taken out of what is shown or recorded. */
export interface Redaction {
  /** Of a text, whatever it is. */
  readonly text: Redact;
  /**
   * Of a JSON document, which stays one: secrets are found as the document's texts say them,
   * however they are escaped there, and in its numbers.
   */
  readonly json: Redact;
}

/**
 * What is shorter is no secret: it would be found in texts that do not hold it, and who sees what
 * was taken out would know it.
 */
export const SECRET_LENGTH_MIN = 8;
/** What stands where a secret stood. */
export const STANDS_FOR_SECRET = '[secret]';
/** Marks in our messages where a text was cut; what stands before it may be half a secret. */
const CUT = 0x2026;

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const LETTER_U = 0x75;
/** What may stand for another symbol, end a text, or be passed over. */
const MARKS: readonly number[] = [BACKSLASH, QUOTE, LINE_FEED, RETURN];
const NUMBERS = /(?<![\d.eE+-])-?\d+(?![\d.eE])/g;

/** Nothing is secret, and so nothing is taken out. */
export const noRedaction: Redaction = { text: (text) => text, json: (text) => text };

/**
 * Finds each of the secrets in every form of `formsOf`, also where it is wrapped over lines, and
 * its beginning where a text was cut in the midst of it. Takes time linear in the text.
 *
 * Secrets below `SECRET_LENGTH_MIN` are not looked for.
 */
export function redaction(secrets: Iterable<string>): Redaction {
  const known = [...secrets].filter(isLongEnough);
  const forms = [...new Set(known.flatMap(formsOf))];
  if (forms.length === 0) return noRedaction;
  const automaton = textAutomaton(forms, MARKS);
  const lengthMax = Math.max(...forms.map(({ length }) => length));
  const numbers = new Set(known.filter((secret) => /^-?\d+$/.test(secret)));
  const options = { automaton, lengthMax, numbers };
  const sieve = textSieve(forms, SECRET_LENGTH_MIN);
  const mayHold = (text: string): boolean => numbers.size > 0 || sieve.mayHold(text);
  return {
    text: (text) => (sieve.mayHold(text) ? new Scan(text, options).ofText() : text),
    json: (text) => (mayHold(text) ? new Scan(text, options).ofDocument() : text),
  };
}

/** Whether a secret is long enough to be told from other text; line ends do not count. */
export function isLongEnough(secret: string): boolean {
  return secret.replaceAll(/[\r\n]/g, '').length >= SECRET_LENGTH_MIN;
}

interface ScanOptions {
  readonly automaton: TextAutomaton;
  readonly lengthMax: number;
  readonly numbers: ReadonlySet<string>;
}

/** What is taken out, and what is put there. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** One reading of one text. */
class Scan {
  readonly #text: string;
  readonly #options: ScanOptions;
  readonly #spans: Span[] = [];
  /** Where the last symbols of the words under way began in the text, in a ring. */
  #starts: Int32Array | undefined;
  #read = 0;
  #state = 0;

  constructor(text: string, options: ScanOptions) {
    this.#text = text;
    this.#options = options;
  }

  ofText(): string {
    const { automaton } = this.#options;
    for (let at = automaton.idle(this.#text, 0); at < this.#text.length;) {
      at = this.#symbol(at, at + 1);
      if (this.#state === 0) at = automaton.idle(this.#text, at);
    }
    return this.#redacted();
  }

  /** Only what stands in quotes is text; between two texts nothing goes on. */
  ofDocument(): string {
    for (let at = this.#outside(0); at < this.#text.length;) {
      this.#state = 0;
      const end = this.#readString(at + 1);
      at = this.#outside(end + 1);
    }
    return this.#redacted();
  }

  #redacted(): string {
    let rest = this.#text;
    for (const { start, end, by } of this.#spans.toReversed()) {
      rest = `${rest.slice(0, start)}${by}${rest.slice(end)}`;
    }
    return rest;
  }

  /** Reads what stands between two texts, and gives where the next one begins. */
  #outside(from: number): number {
    const quote = this.#text.indexOf('"', from);
    const end = quote === -1 ? this.#text.length : quote;
    if (this.#options.numbers.size === 0) return end;
    for (const { 0: number, index } of this.#text.slice(from, end).matchAll(NUMBERS)) {
      const start = from + index;
      const by = `"${STANDS_FOR_SECRET}"`;
      if (this.#options.numbers.has(number)) {
        this.#spans.push({ start, end: start + number.length, by });
      }
    }
    return end;
  }

  /** Gives where the string ends. */
  #readString(start: number): number {
    const { automaton } = this.#options;
    let at = start;
    for (;;) {
      if (this.#state === 0) at = automaton.idle(this.#text, at);
      if (at >= this.#text.length || this.#text.charCodeAt(at) === QUOTE) return at;
      at = this.#symbol(at, endOfSymbol(this.#text, at));
    }
  }

  /** Reads the symbol that stands there, and gives where the next one does. */
  #symbol(at: number, end: number): number {
    const { automaton } = this.#options;
    const symbol = symbolOf(this.#text, at, end);
    if (symbol === LINE_FEED || symbol === RETURN) return end;
    if (symbol === CUT) this.#take(automaton.depth(this.#state), at);
    if (symbol === BACKSLASH && this.#isWrap(end)) return end + 1;
    this.#state = automaton.step(this.#state, symbol);
    if (this.#state === 0) return end;
    this.#starts ??= new Int32Array(this.#options.lengthMax);
    this.#starts[this.#read++ % this.#starts.length] = at;
    this.#take(automaton.ending(this.#state), end);
    return end;
  }

  /** Whether a line end stands here as JSON or a program writes it, in a text within the text. */
  #isWrap(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    if (code !== LETTER_N && code !== LETTER_R) return false;
    return this.#state !== 0 && !this.#options.automaton.goesOn(this.#state, BACKSLASH);
  }

  /** The last `length` symbols are secret, where they are as many as a secret has. */
  #take(length: number, end: number): void {
    if (length < SECRET_LENGTH_MIN || this.#starts === undefined) return;
    let start = this.#starts[(this.#read - length) % this.#starts.length] as number;
    let last = this.#spans.at(-1);
    while (last !== undefined && last.end > start) {
      start = Math.min(start, last.start);
      this.#spans.pop();
      last = this.#spans.at(-1);
    }
    this.#spans.push({ start, end, by: STANDS_FOR_SECRET });
  }
}

/** Where the symbol ends that stands in a JSON string at `at`. */
function endOfSymbol(text: string, at: number): number {
  if (text.charCodeAt(at) !== BACKSLASH) return at + 1;
  return text.charCodeAt(at + 1) === LETTER_U ? at + 6 : at + 2;
}

/** The symbol that a character, or the escape of one, stands for. */
function symbolOf(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (end === at + 1) return code;
  if (end === at + 6) return Number.parseInt(text.slice(at + 2, end), 16);
  const escaped = text.charCodeAt(at + 1);
  return ESCAPES.get(escaped) ?? escaped;
}

/** `\b`, `\t`, `\n`, `\f` and `\r`; every other character stands for itself. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x74, 0x09],
  [LETTER_N, LINE_FEED],
  [0x66, 0x0c],
  [LETTER_R, RETURN],
]);
