import {
  type CelList,
  celList,
  celMap,
  type CelUint,
  type CelValue,
  isCelList,
  isCelMap,
  isCelUint,
} from '@bufbuild/cel';
import type { Json } from '../../std/json.ts';

/** How many elements a list or an object may have to be used in an expression. */
export const EXPRESSION_LIST_MAX = 10_000;

/**
 * JSON as CEL sees it: whole numbers that are exact are ints, all others doubles. Fields of objects
 * are converted when they are asked for, and only an object's own fields are there.
 *
 * @throws Error where a list has more than `EXPRESSION_LIST_MAX` elements.
 */
export function toCelValue(value: Json): CelValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return isList(value) ? toCelList(value) : celMap(new JsonFields(value));
}

/** Lists that were converted before: ten thousand conditions may look at the same event. */
const converted = new WeakMap<readonly Json[], CelList>();

function toCelList(value: readonly Json[]): CelList {
  const known = converted.get(value);
  if (known !== undefined) return known;
  if (value.length > EXPRESSION_LIST_MAX) throw tooLong(value.length);
  const list = celList(value.map(toCelValue));
  converted.set(value, list);
  return list;
}

/** Why a list of this length takes no part in an expression. */
export function tooLong(length: number): Error {
  return new Error(
    `a list of ${length} is too long; expressions take up to ${EXPRESSION_LIST_MAX}`,
  );
}

/**
 * What CEL made, as JSON.
 *
 * @throws Error for what JSON has no form for: bytes, types, timestamps, NaN, and whole numbers too
 *   large to be exact.
 */
export function fromCelValue(value: CelValue): Json {
  if (typeof value === 'bigint') return exact(value);
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isCelList(value)) return Array.from(value, fromCelValue);
  if (isCelUint(value)) return exact(value.value);
  if (!isCelMap(value)) throw new Error('its value has no form in JSON; convert it by string()');
  return Object.fromEntries(
    Array.from(value.entries(), ([key, held]) => [keyText(key), fromCelValue(held)]),
  );
}

function keyText(key: bigint | string | boolean | CelUint): string {
  return String(isCelUint(key) ? key.value : key);
}

function exact(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new Error(`${value} is too large to be exact in JSON; convert it by string()`);
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new Error(`${value} is no number of JSON`);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** The own fields of a JSON object as a map that converts what is asked for, and nothing else. */
export class JsonFields implements ReadonlyMap<string, CelValue> {
  readonly #object: { readonly [key: string]: Json };

  constructor(object: { readonly [key: string]: Json }) {
    this.#object = object;
  }

  get size(): number {
    return Object.keys(this.#object).length;
  }

  get(key: unknown): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#object, key)) return undefined;
    const value = this.#object[key];
    return value === undefined ? undefined : toCelValue(value);
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  forEach(visit: (value: CelValue, key: string, map: ReadonlyMap<string, CelValue>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  *entries(): Generator<[string, CelValue], undefined> {
    for (const [key, value] of Object.entries(this.#object)) yield [key, toCelValue(value)];
  }

  *keys(): Generator<string, undefined> {
    yield* Object.keys(this.#object);
  }

  *values(): Generator<CelValue, undefined> {
    for (const value of Object.values(this.#object)) yield toCelValue(value);
  }

  [Symbol.iterator](): Generator<[string, CelValue], undefined> {
    return this.entries();
  }
}
