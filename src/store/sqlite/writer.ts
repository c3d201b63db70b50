import { CHAIN_FIELDS, CHAIN_START, newSalt, payloadDigest, segmentDigest } from './chain.ts';
import type { SqliteDatabase } from './driver.ts';
import { isDiskFull } from './faults.ts';
import { rowSum } from './row-sum.ts';
import { countConditions, isAdvance, isClosing, isEntityMove, isKeyed } from './unit-conditions.ts';
import { SeenKeys } from './seen.ts';
import { prepareStatements, type Statements } from './statements.ts';
import {
  ADVANCE_CATALOG,
  ADVANCE_LETTER,
  COLUMNS,
  CURSOR_FIELDS,
  ENTITY,
  ENTITY_COLUMNS,
  ENTITY_EXPECTED,
  endOf,
  EVENT_CLOSING,
  EVENT_LETTER,
  EXPECTED,
  type Flat,
  keptOf,
  lengthOf,
  LETTER,
  LETTER_ADVANCE,
  MOVE_ADVANCE,
  LETTER_EVENT,
  OPEN,
  ORIGIN,
  RECORD,
  RESULT,
  UNIT_HEAD,
  WINDOW,
  WINDOW_FIELDS,
} from './wire.ts';

/** Values of a record that stand before its place in the stream. */
const HEAD = RECORD - 2;

/**
 * How far the WAL may grow, by reckoning, before it is checkpointed: little, so that no checkpoint
 * takes long and the file soon is as large as it will be, since syncs of a growing one take longer;
 * but enough for a checkpoint's two syncs to be few where each takes milliseconds.
 */
const CHECKPOINT_LENGTH = 1_800_000;
/** What a record takes up beside its payload, its row's and its index's part in it included. */
const RECORD_LENGTH = 300;
/** What a commit takes up beside its records: it writes pages whole, also for a single record. */
const COMMIT_LENGTH = 20_000;

/** A payload longer than this is kept in parts beside the log. */
export const INLINE_LENGTH_MAX = 65_536;

export interface CommitReply {
  /** A code and a seq for each unit, in order. */
  readonly results: readonly number[];
  readonly head: number;
  readonly digest: string;
}

/** What is written and not yet committed. */
interface Group {
  readonly before: { readonly seq: number; readonly digest: string };
  readonly results: number[];
  /** What went wrong first, and how many units that concerns: all of the group. */
  failure?: { readonly error: unknown; readonly units: number };
}

/**
 * The one writer of a database. A group is one transaction, written in as many parts as its units
 * arrive in: its records get the next seqs, its digest joins the chain, and when `commit` returns,
 * all of it is on disk.
 */
export class SqliteWriter {
  readonly #db: SqliteDatabase;
  readonly #seen: SeenKeys;
  readonly #statements: Statements;
  #seq: number;
  #digest: string;
  #segment: Flat = [];
  #group: Group | undefined;
  /** What was written since the last checkpoint. */
  #length = 0;
  /** What a checkpoint met: nothing is written any more. */
  #broken: { readonly error: unknown } | undefined;
  /**
   * The values of one row of `events`, used again for each: a thousand rows a commit are many
   * arrays.
   */
  readonly #row: Flat = Array.from({ length: 15 }, () => null);

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#seen = new SeenKeys(db);
    this.#statements = prepareStatements(db);
    this.#seq = Number(db.prepare('SELECT max(seq) AS seq FROM events').get()?.['seq'] ?? 0);
    const last = db.prepare('SELECT digest FROM segments ORDER BY last DESC LIMIT 1').get();
    this.#digest = String(last?.['digest'] ?? CHAIN_START);
  }

  get head(): number {
    return this.#seq;
  }

  /** The last seq that is durable, with the digest up to it: nothing of a group that is written. */
  get durable(): { readonly seq: number; readonly digest: string } {
    return this.#group?.before ?? this.#place();
  }

  /**
   * Writes units into the group under way, which the first of them begins. Nothing of it is durable
   * before `commit` returns, and that is who tells what went wrong.
   */
  write(batch: Flat): void {
    const begun = this.#group !== undefined;
    const group = (this.#group ??= { before: this.#place(), results: [] });
    const { results, failure } = group;
    const before = failure?.units ?? results.length / 2;
    try {
      if (failure !== undefined) throw failure.error;
      if (!begun) this.#begin();
      for (let at = 0; at < batch.length;) at = this.#unit(batch, at, results);
    } catch (error) {
      group.failure = { error, units: before + countUnits(batch) };
    }
  }

  /**
   * Makes the group durable. Where the disk is full nothing of it is written and each unit says so;
   * any other failure of the database is thrown, and the process must not go on.
   */
  commit(): CommitReply {
    const group = this.#group;
    this.#group = undefined;
    if (group === undefined) return { results: [], head: this.#seq, digest: this.#digest };
    try {
      if (this.#broken !== undefined) throw this.#broken.error;
      if (group.failure !== undefined) throw group.failure.error;
      if (this.#segment.length > 0) this.#seal();
      this.#db.exec('COMMIT');
      this.#length += COMMIT_LENGTH;
    } catch (error) {
      this.#seq = group.before.seq;
      this.#digest = group.before.digest;
      if (!isDiskFull(error)) throw error;
      this.#undo();
      return {
        results: fullResults(group.failure?.units ?? group.results.length / 2),
        head: this.#seq,
        digest: this.#digest,
      };
    }
    return { results: group.results, head: this.#seq, digest: this.#digest };
  }

  /**
   * Moves the WAL's pages into the database, where there are many. Called between commits, so that
   * those who wait are answered first. A disk that fails meanwhile fails the next commit.
   */
  checkpoint(): void {
    if (this.#length < CHECKPOINT_LENGTH || this.#group !== undefined) return;
    this.#length = 0;
    try {
      this.#statements.checkpoint.get();
    } catch (error) {
      // Without space the WAL goes on growing, and is tried again.
      if (!isDiskFull(error)) this.#broken = { error };
    }
  }

  #place(): Group['before'] {
    return { seq: this.#seq, digest: this.#digest };
  }

  #begin(): void {
    this.#segment = [];
    this.#db.exec('BEGIN IMMEDIATE');
  }

  #undo(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled back: which failures do so is its own matter.
    }
    this.#seen.reload();
  }

  #seal(): void {
    this.#digest = segmentDigest(this.#digest, this.#segment);
    this.#statements.segment.run(this.#seq, this.#digest);
  }

  /** Decides and writes the unit that begins at `start`; returns where the next one begins. */
  #unit(batch: Flat, start: number, results: number[]): number {
    const writes = Number(batch[start]);
    const conditions = countConditions(batch, start);
    if (writes > 0) this.#seen.turn(Number(batch[start + UNIT_HEAD + 6]));
    if (conditions > 1) this.#db.exec('SAVEPOINT unit');
    const refusal = this.#conditions(batch, start);
    if (refusal === undefined) {
      results.push(RESULT.appended, this.#seq + 1);
      this.#records(batch, start);
      if (batch[start + UNIT_HEAD - 1] !== 0) this.#kept(batch, start);
    } else {
      if (conditions > 1) this.#db.exec('ROLLBACK TO unit');
      results.push(...refusal);
    }
    if (conditions > 1) this.#db.exec('RELEASE unit');
    return endOf(batch, start);
  }

  /** Does what the unit may fail at, before anything that would have to be undone. */
  #conditions(batch: Flat, start: number): readonly [number, number] | undefined {
    if (batch[start + 1] !== null && !this.#move(batch, start)) return [RESULT.stale, 0];
    const writes = Number(batch[start]);
    let at = start + UNIT_HEAD;
    for (let i = 1; i <= writes; i++) {
      const code = batch[at];
      if (isAdvance(code) && !this.#advance(batch, at, this.#seq + i)) return [RESULT.stale, 0];
      if (isEntityMove(batch, at) && !this.#moveEntity(batch, at, this.#seq + i))
        return [RESULT.stale, 0];
      if (isKeyed(batch, at)) {
        const refusal = this.#remember(batch, at, this.#seq + i);
        if (refusal !== undefined) return refusal;
      }
      if (isClosing(batch, at) && !this.#close(batch, at, this.#seq + i)) return [RESULT.stale, 0];
      at += lengthOf(batch, at);
    }
    return undefined;
  }

  #move(batch: Flat, start: number): boolean {
    const [consumer = null, from = null, to = null, state = null] = values(batch, start + 1, 4);
    const { moveCheckpoint, beginCheckpoint } = this.#statements;
    const sum = rowSum('checkpoints', String(consumer), Number(to), String(state));
    if (Number(moveCheckpoint.run(to, state, sum, consumer, from).changes) === 1) return true;
    return from === 0 && Number(beginCheckpoint.run(consumer, to, state, sum).changes) === 1;
  }

  #advance(batch: Flat, at: number, seq: number): boolean {
    const tail = at + 1 + RECORD;
    const expected = values(batch, tail, EXPECTED);
    const columns = values(batch, tail + EXPECTED, COLUMNS);
    const { advance, pin } = this.#statements;
    if (Number(advance.run(...columns, seq, ...expected).changes) !== 1) return false;
    if (batch[at] === MOVE_ADVANCE)
      pin.run(batch[tail + ADVANCE_CATALOG] ?? null, expected[0] ?? null);
    return true;
  }

  #moveEntity(batch: Flat, at: number, seq: number): boolean {
    const tail = at + 1 + RECORD;
    const [entity = null, version = null] = values(batch, tail, ENTITY_EXPECTED);
    const [, state = null, , due = null, ended = null, data = null] = values(
      batch,
      tail + ENTITY_EXPECTED,
      ENTITY_COLUMNS,
    );
    const moved = this.#statements.moveEntity.run(state, due, ended, data, seq, entity, version);
    return Number(moved.changes) === 1;
  }

  #remember(batch: Flat, at: number, seq: number): readonly [number, number] | undefined {
    const [key, digest] = values(batch, at + 1 + RECORD, 2);
    const seen = this.#seen.remember(String(key), String(digest), seq);
    if (seen === undefined) return undefined;
    return [seen.digest === digest ? RESULT.duplicate : RESULT.conflict, seen.seq];
  }

  #close(batch: Flat, at: number, seq: number): boolean {
    const [letter = null, state = null] = values(batch, at + 1 + RECORD + EVENT_CLOSING, 2);
    return Number(this.#statements.closeLetter.run(state, seq, letter).changes) === 1;
  }

  #records(batch: Flat, start: number): void {
    const writes = Number(batch[start]);
    let at = start + UNIT_HEAD;
    for (let i = 0; i < writes; i++) {
      const code = batch[at];
      const seq = ++this.#seq;
      const tail = at + 1 + RECORD;
      if (code === OPEN) {
        this.#record(batch, at, seq, null);
        this.#statements.open.run(seq, seq, ...values(batch, tail, ORIGIN + COLUMNS));
      } else if (isAdvance(code)) {
        this.#record(batch, at, Number(batch[tail]), Number(batch[tail + 1]));
        if (code === LETTER_ADVANCE) this.#letter(batch, at, tail + ADVANCE_LETTER);
      } else if (code === ENTITY) {
        this.#entity(batch, at, seq);
      } else {
        this.#record(batch, at, null, null);
        if (code === LETTER_EVENT) this.#letter(batch, at, tail + EVENT_LETTER);
      }
      at += lengthOf(batch, at);
    }
  }

  #entity(batch: Flat, at: number, seq: number): void {
    const tail = at + 1 + RECORD;
    const [entity = null, version = null] = values(batch, tail, ENTITY_EXPECTED);
    this.#record(batch, at, entity === null ? seq : Number(entity), version as number | null);
    if (entity !== null) return;
    const columns = values(batch, tail + ENTITY_EXPECTED, ENTITY_COLUMNS);
    this.#statements.openEntity.run(seq, seq, ...columns);
  }

  /** The letter at `from`, if there is one, that the record of the write at `at` carries. */
  #letter(batch: Flat, at: number, from: number): void {
    if (batch[from] === null) return;
    const received = batch[at + 6] ?? null;
    this.#statements.letter.run(this.#seq, ...values(batch, from, LETTER), received);
    this.#length += RECORD_LENGTH;
  }

  #kept(batch: Flat, start: number): void {
    const end = endOf(batch, start);
    for (let at = keptOf(batch, start); at < end; at += lengthOf(batch, at)) {
      if (batch[at] === WINDOW) this.#window(values(batch, at + 1, WINDOW_FIELDS));
      else this.#cursor(values(batch, at + 1, CURSOR_FIELDS));
    }
  }

  #window([flow = null, key = null, due = null, state = null]: Flat): void {
    if (state === null) {
      this.#statements.closeWindow.run(flow, key);
      return;
    }
    const sum = rowSum('windows', flow, key, due, state);
    this.#statements.window.run(flow, key, due, state, sum);
    this.#length += String(state).length + RECORD_LENGTH;
  }

  #cursor([source = null, key = null, value = null]: Flat): void {
    if (value === null) {
      this.#statements.forgetCursor.run(source, key);
      return;
    }
    const sum = rowSum('cursors', source, key, value);
    this.#statements.cursor.run(source, key, value, sum);
    this.#length += String(value).length + RECORD_LENGTH;
  }

  #record(batch: Flat, at: number, stream: number | null, prev: number | null): void {
    const data = String(batch[at + RECORD]);
    this.#length += data.length + RECORD_LENGTH;
    const salt = newSalt();
    const inline = data.length <= INLINE_LENGTH_MAX ? data : null;
    const row = this.#row;
    row[0] = this.#seq;
    for (let i = 1; i <= HEAD; i++) row[i] = batch[at + i] ?? null;
    row[10] = stream;
    row[11] = prev;
    row[12] = batch[at + RECORD - 1] ?? null;
    for (let i = 0; i < CHAIN_FIELDS - 1; i++) this.#segment.push(row[i] ?? null);
    this.#segment.push(payloadDigest(salt, data));
    row[13] = salt;
    row[14] = inline;
    this.#statements.event.run(...row);
    if (inline === null) this.#parts(this.#seq, data);
  }

  #parts(seq: number, data: string): void {
    const bytes = Buffer.from(data, 'utf8');
    for (let part = 0; part * INLINE_LENGTH_MAX < bytes.length; part++) {
      const from = part * INLINE_LENGTH_MAX;
      this.#statements.part.run(seq, part, bytes.subarray(from, from + INLINE_LENGTH_MAX));
    }
  }
}

function values(batch: Flat, from: number, count: number): Flat {
  return batch.slice(from, from + count);
}

function fullResults(units: number): number[] {
  return Array.from({ length: units }, () => [RESULT.full, 0]).flat();
}

function countUnits(batch: Flat): number {
  let units = 0;
  for (let at = 0; at < batch.length; at = endOf(batch, at)) units++;
  return units;
}
