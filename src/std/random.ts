import { randomFillSync } from 'node:crypto';

/** A number in [0, 1). Seeded in tests, so that jitter can be repeated. */
export type Random = () => number;

/** The random source of the daemon. Not for secrets. */
export const systemRandom: Random = () => Math.random();

/** A repeatable random source (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Drawn at once: one call of the system's generator costs as much as a thousand characters. */
const POOL_BYTES = 16_384;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * `length` characters of Crockford base 32, five unpredictable bits each: fit for ids, salts and
 * tokens.
 */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    text += ALPHABET.charAt(pool.readUInt8(used++) & 31);
  }
  return text;
}

/** 52 characters of five bits: 260 bits that nobody guesses. */
const SECRET_LENGTH = 52;

/** A text that nobody guesses, fit for a token or a password. */
export function randomSecret(): string {
  return randomText(SECRET_LENGTH);
}
