import {
  celFunc,
  type CelFunc,
  celMethod,
  type CelResult,
  type CelValue,
  isCelError,
  isCelList,
  isCelMap,
} from '@bufbuild/cel';

/** What one evaluation may cost: about as many of CEL's small operations, a quarter of a second. */
export const EXPRESSION_COST_MAX = 1_000_000;

/** How many characters a function works through in the time of one small operation. */
const CHARACTERS_PER_UNIT = 64;

/**
 * What is left for the evaluation under way. CEL has no such bound of its own, and an event from
 * outside must not hold up the daemon, however the expression that looks at it was written.
 */
export class Budget {
  #left = 0;

  /** Begins an evaluation. They are synchronous, and one never begins within another. */
  restart(): void {
    this.#left = EXPRESSION_COST_MAX;
  }

  /** @throws Error where nothing is left. */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left >= 0) return;
    throw new Error(
      `it takes more than ${EXPRESSION_COST_MAX} operations on this event; look at fewer elements`,
    );
  }

  /** Charges for reading or writing so many characters. */
  chargeText(length: number): void {
    this.charge(length / CHARACTERS_PER_UNIT);
  }

  /** Charges for reading through a value, with all that is nested in it. */
  chargeValue(value: CelValue, factor = 1): void {
    if (typeof value === 'string' || value instanceof Uint8Array) {
      this.chargeText(value.length * factor);
    } else if (isCelList(value) || isCelMap(value)) {
      this.charge(value.size);
      for (const held of value.values()) this.chargeValue(held, factor);
    }
  }

  /** Charges for a search by a pattern: its repetitions make it larger than it is written. */
  chargeMatch(text: string, pattern: string): void {
    const states = pattern.length * repetitions(pattern);
    this.chargeText(states * (text.length + CHARACTERS_PER_UNIT));
  }
}

/** More repetitions than these are refused by the pattern's own parser. */
const REPETITIONS_MAX = 1_000;

function repetitions(pattern: string): number {
  let product = 1;
  for (const [, least, most] of pattern.matchAll(/\{(\d{1,4})(?:,(\d{0,4}))?\}/g)) {
    product *= Math.max(1, Number(least), Number(most ?? 0));
  }
  return Math.min(product, REPETITIONS_MAX);
}

/** Functions that go through their texts character by character, in JavaScript. */
const SLOW = new Set([
  'format',
  'lowerAscii',
  'quote',
  'size',
  'split',
  'strings.quote',
  'upperAscii',
]);
const SLOW_FACTOR = 16;

/** The function, charged for reading through its arguments each time it is called. */
export function metered(func: CelFunc, budget: Budget): CelFunc {
  const { name, target, arguments: parameters, result } = func;
  const factor = SLOW.has(name) ? SLOW_FACTOR : 1;
  const call = (self: CelValue | undefined, args: CelValue[]): CelValue => {
    if (self !== undefined) budget.chargeValue(self, factor);
    for (const arg of args) budget.chargeValue(arg, factor);
    return valueOrThrow(func.call(0, self, args));
  };
  if (target === undefined) {
    return celFunc(name, parameters, result, (...args: CelValue[]) => call(undefined, args));
  }
  return celMethod(name, target, parameters, result, function method(...args: CelValue[]) {
    return call(this, args);
  });
}

/**
 * What a function of CEL's returned.
 *
 * @throws the error that it returned instead, or Error where it does not take such arguments.
 */
export function valueOrThrow(result: CelResult | undefined): CelValue {
  if (isCelError(result)) throw result;
  if (result === undefined) throw new Error('a function does not take such arguments');
  return result;
}
