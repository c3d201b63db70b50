import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { isObject } from '../../std/json.ts';
import { redaction } from '../../std/redact.ts';
import { replaceAt, valueTextAt } from '../../std/raw-json.ts';
import { openSealed, sealText } from '../../std/sealing.ts';
import type { CursorRow, CursorWrite, LogRecord, Store } from '../contract.ts';
import type { KeyRing } from './key-ring.ts';

/** Whose cursors the sealed secrets are: no source can be called so. */
const OWNER = 'signalbox:secrets';
/** Hexadecimal digits of a reference. */
const REFERENCE_LENGTH = 32;
const PAGE = 500;
/** A key that is older is replaced, and what it sealed is sealed anew. */
const KEY_AGE_MS_MAX = 30 * 86_400_000;

/** What stands in an event in place of a secret: `secret:NAME:REFERENCE`. */
const REFERENCES = /"secret:([A-Za-z_]\w{0,63}):([\da-f]{32})"/g;
const REFERENCE = new RegExp(`^${REFERENCES.source}$`);

/** Whether a JSON text is what stands in an event in place of a secret. */
export function isSecretReference(json: string): boolean {
  return REFERENCE.test(json);
}

const rowSchema = z.strictObject({
  name: z.string(),
  source: z.string(),
  /** Engine time in milliseconds. */
  expires: z.number(),
  key: z.string(),
  sealed: z.string(),
});

type Row = z.output<typeof rowSchema>;

/** A field of an event's data that is secret. */
export interface SecretField {
  /** What steps call it. */
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** An event's data with references in place of its secrets. */
export interface Taken {
  readonly data: string;
  /** What is to be recorded in the event's own commit, once its data will not change any more. */
  seal(data: string): readonly CursorWrite[];
}

/** What a step gets: the secrets by their names, or the name of the first that cannot be had. */
export type OpenedSecrets =
  | { readonly kind: 'opened'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'gone'; readonly name: string };

/** What the table stands on. */
export interface SecretTableOptions {
  readonly store: Pick<Store, 'cursors' | 'append'>;
  readonly ring: KeyRing;
  /** Engine time in milliseconds. */
  readonly now: () => number;
}

/**
 * The secrets that came in events, sealed beside the log, each for as long as its source says.
 *
 * A row opens only for the event that it came in: its source, its data to the last byte.
 */
export class SecretTable {
  readonly #options: SecretTableOptions;

  constructor(options: SecretTableOptions) {
    this.#options = options;
  }

  /** Takes the fields out of an event's data. What is absent, null or empty is no secret. */
  take(
    { source, data }: { readonly source: string; readonly data: string },
    fields: readonly SecretField[],
    keepMs: number,
  ): Taken {
    const { ring, now } = this.#options;
    const values = new Map<SecretField, string>();
    let rest = data;
    for (const field of fields) {
      const text = valueTextAt(rest, field.path);
      if (text === undefined || text === 'null' || text === '""') continue;
      values.set(field, text);
      const reference = this.#reference(source, field.name, text);
      rest = replaceAt(rest, field.path, `"secret:${field.name}:${reference}"`);
    }
    const texts = Array.from(values.values(), plainText);
    return {
      // It may stand elsewhere in what was sent too.
      data: redaction(texts).json(rest),
      seal: (final) =>
        Array.from(values, ([{ name }, text]) => {
          const key = placeOf(this.#reference(source, name, text), final);
          const about = { name, source, expires: now() + keepMs };
          return this.#row(key, about, { text: plainText(text), key: ring.current(now()) });
        }),
    };
  }

  /** The secrets of an event by their names, for a step that lists them. */
  async open(event: LogRecord, names: readonly string[]): Promise<OpenedSecrets> {
    const references = new Map(
      Array.from(event.data.matchAll(REFERENCES), ([, name, reference]) => [name, reference]),
    );
    const values: Record<string, string> = {};
    for (const name of names) {
      const reference = references.get(name);
      const text = reference === undefined ? undefined : await this.#opened(reference, name, event);
      if (text === undefined) return { kind: 'gone', name };
      values[name] = text;
    }
    return { kind: 'opened', values };
  }

  /**
   * Forgets what has expired. Where the key has come of age, or `renew` says so, seals all else
   * with another; once there is nothing left to seal anew, throws the old one away. Gives how many
   * rows were sealed anew.
   */
  async tend(renew = false): Promise<number> {
    const { ring, now } = this.#options;
    const first = await this.#page(undefined);
    if (first.length === 0) return 0;
    if (renew || ring.current(now()).since + KEY_AGE_MS_MAX <= now()) ring.renew(now());
    let sealedAnew = 0;
    let page = first;
    while (page.length > 0) {
      const writes = page.flatMap((row) => this.#tended(row) ?? []);
      if (writes.length > 0) {
        const { kind } = await this.#options.store.append({ writes: [], cursors: writes });
        // The old key stays as long as anything needs it.
        if (kind !== 'appended') return sealedAnew;
      }
      sealedAnew += writes.filter(({ value }) => value !== null).length;
      page = page.length < PAGE ? [] : await this.#page(page.at(-1)?.key);
    }
    // What was sealed with the old key as this began may have been recorded behind our back.
    if (sealedAnew === 0) ring.forgetOthers(now());
    return sealedAnew;
  }

  #page(after: string | undefined): Promise<CursorRow[]> {
    return this.#options.store.cursors({ source: OWNER, limit: PAGE, after });
  }

  /** What becomes of a row: undefined where it stays as it is. */
  #tended({ key, value }: CursorRow): CursorWrite | undefined {
    const { ring, now } = this.#options;
    const row = rowOf(value);
    if (row === undefined || row.expires <= now()) return { source: OWNER, key, value: null };
    const current = ring.current(now());
    if (row.key === current.id) return undefined;
    const text = this.#textOf(key, row);
    if (text === undefined) return { source: OWNER, key, value: null };
    const { name, source, expires } = row;
    return this.#row(key, { name, source, expires }, { text, key: current });
  }

  async #opened(reference: string, name: string, event: LogRecord): Promise<string | undefined> {
    const place = placeOf(reference, event.data);
    const after = place.slice(0, -1);
    const found = await this.#options.store.cursors({ source: OWNER, limit: 17, after });
    const value = found.find(({ key }) => key === place)?.value;
    const row = value === undefined ? undefined : rowOf(value);
    if (row === undefined || row.name !== name || row.source !== event.source) return undefined;
    if (row.expires <= this.#options.now()) return undefined;
    return this.#textOf(place, row);
  }

  #textOf(place: string, row: Row): string | undefined {
    const { ring, now } = this.#options;
    const key = ring.byId(row.key, now());
    return key && openSealed(row.sealed, key.bytes, aboutOf(place, row));
  }

  #row(
    place: string,
    about: Omit<Row, 'key' | 'sealed'>,
    { text, key }: { readonly text: string; readonly key: ReturnType<KeyRing['current']> },
  ): CursorWrite {
    const sealed = sealText(text, key.bytes, aboutOf(place, about));
    const row: Row = { ...about, key: key.id, sealed };
    return { source: OWNER, key: place, value: JSON.stringify(row) };
  }

  /** The same for the same secret of a source, and of use to nobody without the ring. */
  #reference(source: string, name: string, text: string): string {
    const { ring, now } = this.#options;
    const hmac = createHmac('sha256', ring.reference(now()));
    hmac.update(JSON.stringify([source, name, text]));
    return hmac.digest('hex').slice(0, REFERENCE_LENGTH);
  }
}

/** What forgets the secrets of an event, and of those that hold the very same. */
export async function forgottenSecrets(
  store: Pick<Store, 'cursors'>,
  { data }: Pick<LogRecord, 'data'>,
): Promise<readonly CursorWrite[]> {
  const after = placesOf(data);
  const found = await store.cursors({ source: OWNER, after, limit: PAGE });
  const keys = found.map(({ key }) => key).filter((key) => key.startsWith(after));
  return keys.map((key) => ({ source: OWNER, key, value: null }));
}

/**
 * Where a secret is kept: by the event's data as it is recorded, and its reference. So no other
 * event opens it, and none with the same secret takes its place.
 */
function placeOf(reference: string, data: string): string {
  return `${placesOf(data)}${reference}`;
}

/** What all places of an event begin with. */
function placesOf(data: string): string {
  return `${createHash('sha256').update(data).digest('hex')}:`;
}

function aboutOf(place: string, { name, source, expires }: Omit<Row, 'key' | 'sealed'>): string {
  return JSON.stringify([place, name, source, expires]);
}

function rowOf(value: string): Row | undefined {
  const read: unknown = JSON.parse(value);
  return isObject(read) ? rowSchema.safeParse(read).data : undefined;
}

/** A text as it reads, anything else as JSON. */
function plainText(json: string): string {
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}
