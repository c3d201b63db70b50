import { hash } from 'node:crypto';
import { randomText } from '../../std/random.ts';
import type { Flat } from './wire.ts';

/** The digest before the first segment. */
export const CHAIN_START = '';

/** How many values each record adds to its segment's list: see docs/reference/log-format.md. */
export const CHAIN_FIELDS = 14;

/**
 * The digest of one segment: SHA-256 over the digest before it and the JSON list of its records'
 * stored values, fourteen a record. A payload takes part as its salted hash, so that erasing one
 * later, with its salt, leaves the chain provable and the payload beyond guessing.
 */
export function segmentDigest(previous: string, values: Flat): string {
  return hash('sha256', `${previous}\n${JSON.stringify(values)}`, 'hex');
}

/** What stands in the chain for a payload. */
export function payloadDigest(salt: string, data: string): string {
  return hash('sha256', salt + data, 'base64');
}

/** Eighty unpredictable bits: enough that a short payload cannot be found by trying. */
export function newSalt(): string {
  return randomText(16);
}
