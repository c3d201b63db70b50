import { createHash } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { syncPath, writeFileAtomic } from '../../std/atomic-file.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import { randomText } from '../../std/random.ts';

/** 52 characters of five bits: more than a key of AES-256 has. */
const KEY_LENGTH = 52;
const ID_LENGTH = 8;
const OWNER_ONLY = 0o600;

const schema = z.strictObject({
  /** What references are made with: it stays, so that a delivery that comes again has the same. */
  reference: z.string().min(KEY_LENGTH),
  current: z.string(),
  keys: z.record(
    z.string(),
    z.strictObject({ text: z.string().min(KEY_LENGTH), since: z.number() }),
  ),
});

type Ring = z.output<typeof schema>;

/** A key, and the name by which what it sealed tells so. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** When it was made, in engine time. */
  readonly since: number;
}

/**
 * The keys of a side table, in a file that its owner alone may read. Made with its first use.
 *
 * Every change is durable before anything is sealed with it.
 */
export class KeyRing {
  readonly #file: string | undefined;
  #ring: Ring | undefined;

  /** Without a file they are kept in memory, and are gone with the process. */
  constructor(file?: string) {
    this.#file = file;
  }

  /** The text that references are made with. */
  reference(now: number): string {
    return this.#load(now).reference;
  }

  /** The key that is sealed with at present. */
  current(now: number): SealingKey {
    const ring = this.#load(now);
    const key = keyOf(ring, ring.current);
    if (key === undefined) throw this.#unusable('its current key is missing');
    return key;
  }

  /** Undefined where it was thrown away. */
  byId(id: string, now: number): SealingKey | undefined {
    return keyOf(this.#load(now), id);
  }

  /** Makes another key the current one. The others still open what they sealed. */
  renew(now: number): void {
    const ring = this.#load(now);
    const [id, key] = newKey(now);
    this.#write({ ...ring, current: id, keys: { ...ring.keys, [id]: key } });
  }

  /** Throws away every key but the current one: what only they open is lost for good. */
  forgetOthers(now: number): void {
    const ring = this.#load(now);
    const { [ring.current]: key } = ring.keys;
    if (key === undefined || Object.keys(ring.keys).length === 1) return;
    this.#write({ ...ring, keys: { [ring.current]: key } });
  }

  /** @throws SignalboxError `data.unusable` where the file is no ring, or cannot be read. */
  #load(now: number): Ring {
    this.#ring ??= this.#read() ?? this.#make(now);
    return this.#ring;
  }

  #read(): Ring | undefined {
    if (this.#file === undefined) return undefined;
    try {
      const ring = schema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
      // A copy or a restore may have opened it to others.
      chmodSync(this.#file, OWNER_ONLY);
      return ring;
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw this.#unusable('it is no file of keys, or cannot be read', cause);
    }
  }

  #make(now: number): Ring {
    const [id, key] = newKey(now);
    return this.#write({ reference: randomText(KEY_LENGTH), current: id, keys: { [id]: key } });
  }

  #write(ring: Ring): Ring {
    if (this.#file !== undefined) this.#replace(this.#file, ring);
    this.#ring = ring;
    return ring;
  }

  #replace(path: string, ring: Ring): void {
    try {
      writeFileAtomic(path, `${JSON.stringify(ring)}\n`, OWNER_ONLY);
      syncPath(dirname(path));
    } catch (cause) {
      throw this.#unusable(messageOf(cause), cause);
    }
  }

  #unusable(reason: string, cause?: unknown): SignalboxError {
    const message =
      `The keys of secrets in ${this.#file} cannot be used: ${reason}. ` +
      'Restore the file; without it, what was sealed is lost, and new secrets need it moved away.';
    return new SignalboxError('data.unusable', message, { cause });
  }
}

function newKey(now: number): [string, Ring['keys'][string]] {
  return [randomText(ID_LENGTH), { text: randomText(KEY_LENGTH), since: now }];
}

function keyOf({ keys }: Ring, id: string): SealingKey | undefined {
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined;
  if (key === undefined) return undefined;
  return { id, bytes: createHash('sha256').update(key.text).digest(), since: key.since };
}
