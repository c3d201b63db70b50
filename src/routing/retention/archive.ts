import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { Cuttable, StorageCare, StoredGroup, StoredRecord } from '../../store/care.ts';
import { payloadDigest, segmentDigest } from '../../store/sqlite/chain.ts';
import type { Archived } from './trimmed.ts';

const OWNER_ONLY = 0o600;
/** Digits of a seq in a file's name, so that names sort as the log does. */
const SEQ_DIGITS = 16;

/** The first line of a file of the archive. */
interface Heading {
  readonly signalbox: 'archive';
  readonly version: 1;
  readonly log: string;
  readonly first: number;
  readonly last: number;
  readonly before: string;
  readonly root: string;
}

/** What reading a file of the archive again has found. */
export interface ArchiveReport {
  readonly ok: boolean;
  readonly log: string;
  readonly first: number;
  readonly last: number;
  readonly records: number;
  readonly erased: number;
  readonly root: string;
  readonly sha256: string;
  readonly reason: string | null;
}

/**
 * Writes a part of the log into a file of its own, as it is chained, before it is taken out: whole
 * and on disk, or not at all. A file of the same name is the same part, and is written anew.
 *
 * @throws SignalboxError `archive.failed`
 */
export async function archivePart(
  care: Pick<StorageCare, 'groups'>,
  part: Cuttable,
  { directory, logId }: { readonly directory: string; readonly logId: string },
): Promise<Archived> {
  const file = join(directory, nameOf(logId, part));
  const draft = `${file}.part`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rm(draft, { force: true });
    const heading = headingOf(logId, part);
    const lines = Readable.from(linesOf(care, heading));
    await pipeline(
      lines,
      createGzip(),
      createWriteStream(draft, { flags: 'wx', mode: OWNER_ONLY }),
    );
    await sync(draft);
    const sha256 = await digestOf(draft);
    const { size } = await stat(draft);
    await rename(draft, file);
    await sync(directory);
    return { file, sha256, bytes: size };
  } catch (cause) {
    await rm(draft, { force: true });
    const message = `The archive ${file} could not be written: ${messageOf(cause)}.`;
    throw new SignalboxError('archive.failed', message, { cause });
  }
}

function nameOf(logId: string, { first, last }: Cuttable): string {
  const [from, to] = [first, last].map((seq) => String(seq).padStart(SEQ_DIGITS, '0'));
  return `signalbox-${logId}-${from}-${to}.jsonl.gz`;
}

function headingOf(log: string, { first, last, before, digest }: Cuttable): Heading {
  return { signalbox: 'archive', version: 1, log, first, last, before, root: digest };
}

async function* linesOf(
  care: Pick<StorageCare, 'groups'>,
  heading: Heading,
): AsyncGenerator<string> {
  yield `${JSON.stringify(heading)}\n`;
  for (let after = heading.first - 1; after < heading.last;) {
    const groups = await care.groups({ after, until: heading.last });
    for (const group of groups) yield groupLines(group);
    const last = groups.at(-1);
    if (last === undefined) throw new Error(`the records behind ${after} are gone`);
    after = last.last;
  }
}

function groupLines({ last, digest, records }: StoredGroup): string {
  const lines = records.map((record) => JSON.stringify(record));
  return `${[...lines, JSON.stringify({ last, digest })].join('\n')}\n`;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Reads a file of the archive again and proves each record by its chain. Needs nothing else. */
export async function checkArchive(file: string): Promise<ArchiveReport> {
  const check = new ArchiveCheck();
  try {
    const text = createGunzip();
    createReadStream(file)
      .on('error', (error) => text.destroy(error))
      .pipe(text);
    for await (const line of createInterface({ input: text })) check.line(line);
    return check.report(await digestOf(file), null);
  } catch (error) {
    return check.report('', messageOf(error));
  }
}

class ArchiveCheck {
  #heading: Heading | undefined;
  #digest = '';
  #at = 0;
  #records = 0;
  #erased = 0;
  #values: (string | number | null)[] = [];

  line(line: string): void {
    const value = JSON.parse(line) as Heading | StoredRecord | Omit<StoredGroup, 'records'>;
    if (this.#heading === undefined) this.#begin(value as Heading);
    else if ('head' in value) this.#record(value);
    else this.#group(value as StoredGroup);
  }

  #begin(heading: Heading): void {
    if (heading.signalbox !== 'archive' || heading.version !== 1) {
      throw new Error('it is no archive that this version reads');
    }
    this.#heading = heading;
    this.#digest = heading.before;
    this.#at = heading.first - 1;
  }

  #record({ head, salt, data }: StoredRecord): void {
    const [seq] = head;
    if (seq !== this.#at + 1) throw new Error(`event ${this.#at + 1} is missing`);
    this.#at = seq;
    this.#records++;
    if (salt === null) this.#erased++;
    this.#values.push(...head, salt === null ? data : payloadDigest(salt, data));
  }

  #group({ last, digest }: Omit<StoredGroup, 'records'>): void {
    const found = segmentDigest(this.#digest, this.#values);
    if (last !== this.#at || found !== digest) {
      throw new Error(`the events up to ${last} are not what was written`);
    }
    this.#digest = digest;
    this.#values = [];
  }

  report(sha256: string, failed: string | null): ArchiveReport {
    const { log = '', first = 0, last = 0, root = '' } = this.#heading ?? {};
    const isWhole = this.#at === last && this.#digest === root && this.#values.length === 0;
    const reason = failed ?? (isWhole && last > 0 ? null : 'it ends before its last event');
    const found = { log, first, last, records: this.#records, erased: this.#erased, root, sha256 };
    return { ok: reason === null, ...found, reason };
  }
}
