import {
  celFunc,
  type CelFunc,
  celMethod,
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
  chargeValue(value: CelValue): void {
    if (typeof value === 'string') this.chargeText(value.length);
    else if (value instanceof Uint8Array) this.chargeText(value.length);
    else if (isCelList(value)) this.#chargeAll(value.size, value);
    else if (isCelMap(value)) this.#chargeAll(value.size, value.values());
  }

  #chargeAll(size: number, values: Iterable<CelValue>): void {
    this.charge(size);
    for (const value of values) this.chargeValue(value);
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

/** The function, charged for reading through its arguments each time it is called. */
export function metered(func: CelFunc, budget: Budget): CelFunc {
  const { name, target, arguments: parameters, result } = func;
  const call = (self: CelValue | undefined, args: CelValue[]): CelValue => {
    if (self !== undefined) budget.chargeValue(self);
    for (const arg of args) budget.chargeValue(arg);
    const value = func.call(0, self, args);
    if (isCelError(value)) throw value;
    return value ?? null;
  };
  if (target === undefined) {
    return celFunc(name, parameters, result, (...args: CelValue[]) => call(undefined, args));
  }
  return celMethod(name, target, parameters, result, function method(...args: CelValue[]) {
    return call(this, args);
  });
}
