/**
 * Many words as one automaton (Aho and Corasick's): it reads a text once, symbol by symbol, and
 * knows after each which words end there. A symbol is a UTF-16 unit.
 *
 * Most states are followed by one symbol only, which is kept beside them; the others have a row of
 * a table. So it takes a few numbers a symbol of its words, and time linear in the text.
 */
export interface TextAutomaton {
  /** The state behind `symbol`, from `state`; 0 is where no word has begun. */
  step(state: number, symbol: number): number;
  /**
   * The next place in a text, from `at` on, where a word may begin, or where one of the marks
   * stands: a mark may stand for another symbol, or be one that is passed over.
   */
  idle(text: string, at: number): number;
  /** Whether `symbol` carries on a word that has begun, without falling back. */
  goesOn(state: number, symbol: number): boolean;
  /** How many symbols of a word have been read. */
  depth(state: number): number;
  /** The length of the longest word that ends in a state; 0 where none does. */
  ending(state: number): number;
}

/** A state while words are added. */
interface State {
  readonly id: number;
  readonly depth: number;
  readonly next: Map<number, State>;
  /** Of the longest end of what was read that begins a word too. */
  fail: State | undefined;
  ending: number;
}

const ASCII_BITS = 7;
const ASCII = (1 << ASCII_BITS) - 1;

/** Where a state has no row of the table, or nothing to go on with. */
const NONE = -1;

/** Makes the automaton of some words, none of which is empty; `marks` are ASCII symbols. */
export function textAutomaton(words: readonly string[], marks: readonly number[]): TextAutomaton {
  const start: State = { id: 0, depth: 0, next: new Map(), fail: undefined, ending: 0 };
  const states = statesOf(words, start);
  const begins = beginningsOf(words, marks);
  link(states, start);
  const { classOf, classes } = classesOf(states);
  const { only, onlyNext, rowOf, rows } = tablesOf(states, classOf, classes);
  const depth = Int32Array.from(states, (state) => state.depth);
  const ending = Int32Array.from(states, (state) => state.ending);
  const fail = Int32Array.from(states, (state) => state.fail?.id ?? 0);

  // Every index is in its table, which the compiler cannot know.
  function goto(state: number, symbolClass: number): number {
    const row = rowOf[state] as number;
    if (row !== NONE) return rows[row + symbolClass] as number;
    return only[state] === symbolClass ? (onlyNext[state] as number) : NONE;
  }

  function step(from: number, symbol: number): number {
    const symbolClass = classOf[symbol] as number;
    if (symbolClass === 0) return 0;
    let state = from;
    for (;;) {
      const next = goto(state, symbolClass);
      if (next !== NONE) return next;
      state = fail[state] as number;
    }
  }

  function idle(text: string, from: number): number {
    const { length } = text;
    let at = from;
    let first = text.charCodeAt(at) & ASCII;
    for (; at < length; at++) {
      const second = text.charCodeAt(at + 1) & ASCII;
      if (begins[(first << ASCII_BITS) | second] === 1) return at;
      first = second;
    }
    return length;
  }

  return {
    step,
    idle,
    goesOn: (state, symbol) => goto(state, classOf[symbol] as number) > 0,
    depth: (state) => depth[state] as number,
    ending: (state) => ending[state] as number,
  };
}

/**
 * The pairs of symbols that words begin with, and pairs with marks. Symbols beyond ASCII share a
 * number with others: so there may be too many pairs, never too few.
 */
function beginningsOf(words: readonly string[], marks: readonly number[]): Uint8Array {
  const pairs = new Uint8Array(1 << (2 * ASCII_BITS));
  for (const word of words) {
    const row = (word.charCodeAt(0) & ASCII) << ASCII_BITS;
    for (const second of [word.charCodeAt(1), ...marks]) pairs[row | (second & ASCII)] = 1;
  }
  for (const mark of marks) pairs.fill(1, mark << ASCII_BITS, (mark + 1) << ASCII_BITS);
  return pairs;
}

/** The states in the order of their ids, the first one first. */
function statesOf(words: readonly string[], first: State): readonly State[] {
  const states = [first];
  for (const word of words) {
    let state = first;
    for (let i = 0; i < word.length; i++) {
      const symbol = word.charCodeAt(i);
      const known = state.next.get(symbol);
      const id = states.length;
      const after = known ?? { id, depth: i + 1, next: new Map(), fail: first, ending: 0 };
      if (known === undefined) states.push(after);
      state.next.set(symbol, after);
      state = after;
    }
    state.ending = word.length;
  }
  return states;
}

/** Finds out where each state falls back to, those with fewer symbols first. */
function link(states: readonly State[], first: State): void {
  for (const state of states.toSorted((a, b) => a.depth - b.depth)) {
    for (const [symbol, child] of state.next) {
      let back = state.fail;
      while (back !== undefined && !back.next.has(symbol)) back = back.fail;
      const found = back?.next.get(symbol) ?? first;
      child.fail = found;
      child.ending ||= found.ending;
    }
  }
}

/** The symbols that words have are numbered from 1; all others are 0. */
function classesOf(states: readonly State[]): { classOf: Uint16Array; classes: number } {
  const classOf = new Uint16Array(65_536);
  let classes = 1;
  for (const { next } of states) {
    for (const symbol of next.keys()) if (classOf[symbol] === 0) classOf[symbol] = classes++;
  }
  return { classOf, classes };
}

interface Tables {
  readonly only: Int32Array;
  readonly onlyNext: Int32Array;
  readonly rowOf: Int32Array;
  readonly rows: Int32Array;
}

function tablesOf(states: readonly State[], classOf: Uint16Array, classes: number): Tables {
  const branching = states.filter(({ id, next }) => id === 0 || next.size > 1);
  const rows = new Int32Array(branching.length * classes).fill(NONE);
  // From the first state every symbol leads somewhere.
  rows.fill(0, 0, classes);
  const rowOf = new Int32Array(states.length).fill(NONE);
  const only = new Int32Array(states.length).fill(NONE);
  const onlyNext = new Int32Array(states.length).fill(NONE);
  for (const [index, { id }] of branching.entries()) rowOf[id] = index * classes;
  for (const { id, next } of states) {
    for (const [symbol, child] of next) {
      const symbolClass = classOf[symbol] as number;
      only[id] = symbolClass;
      onlyNext[id] = child.id;
      if (rowOf[id] !== NONE) rows[(rowOf[id] as number) + symbolClass] = child.id;
    }
  }
  return { only, onlyNext, rowOf, rows };
}
