/** Says quickly that none of some words is in a text, which is true of nearly every text. */
export interface TextSieve {
  /**
   * False only where the text holds none of the words, nor one that is cut after `lengthMin`
   * symbols or wrapped over lines. A text with backslashes may hide what it says: it passes.
   */
  mayHold(text: string): boolean;
}

const SYMBOL_BITS = 7;
const SYMBOL = (1 << SYMBOL_BITS) - 1;
const PAIRS = 1 << (2 * SYMBOL_BITS);
const TRIPLES = 1 << (3 * SYMBOL_BITS);
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];

/**
 * Makes the sieve of words with at least `lengthMin` symbols each, which are three or more.
 *
 * It looks at two symbols of the text in so many that no word fits between. Where words have these
 * two, it counts how many symbols around are as in words, three by three: a word has them all.
 */
export function textSieve(words: readonly string[], lengthMin: number): TextSieve {
  const pairs = new Uint8Array(PAIRS);
  const triples = new Uint8Array(TRIPLES);
  for (const word of words) {
    for (let at = 1; at < word.length; at++) pairs[pairAt(word, at - 1)] = 1;
    for (let at = 2; at < word.length; at++) triples[tripleAt(word, at - 2)] = 1;
  }
  for (const mark of LINE_ENDS) {
    pairs.fill(1, mark << SYMBOL_BITS, (mark + 1) << SYMBOL_BITS);
    for (let first = 0; first <= SYMBOL; first++) pairs[(first << SYMBOL_BITS) | mark] = 1;
  }
  const isKnown = (text: string, at: number): boolean =>
    triples[tripleAt(text, at)] === 1 || isAtLineEnd(text, at);

  /** Whether as many triples as the shortest word has are known around a pair. */
  function standsAmongKnown(text: string, at: number): boolean {
    let first = at;
    while (first > 0 && at - first < lengthMin && isKnown(text, first - 1)) first--;
    let end = at;
    while (end + 2 < text.length && end - first < lengthMin && isKnown(text, end)) end++;
    return end - first >= lengthMin - 2;
  }

  return {
    mayHold(text) {
      if (text.includes('\\')) return true;
      for (let at = 0; at + 1 < text.length; at += lengthMin - 1) {
        if (pairs[pairAt(text, at)] === 1 && standsAmongKnown(text, at)) return true;
      }
      return false;
    },
  };
}

/** Symbols beyond ASCII share a number with others: too much is let through, never too little. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) & SYMBOL) << SYMBOL_BITS) | (text.charCodeAt(at + 1) & SYMBOL);
}

function tripleAt(text: string, at: number): number {
  return (pairAt(text, at) << SYMBOL_BITS) | (text.charCodeAt(at + 2) & SYMBOL);
}

function isAtLineEnd(text: string, at: number): boolean {
  return LINE_ENDS.some((mark) => [at, at + 1, at + 2].some((i) => text.charCodeAt(i) === mark));
}
