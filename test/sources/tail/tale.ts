import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  formatPosition,
  parsePosition,
  type Position,
} from '../../../src/sources/tail/position.ts';
import { ROTATED_MS, TailReader } from '../../../src/sources/tail/tail-reader.ts';
import type { Random } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';

/** How many things happen to a log in one tale. */
const DEEDS = 14;
/** Rotated files that are kept: fewer than a tale may make would lose what nobody has read. */
const KEPT = DEEDS;
/** What no reader can make a text of, between good lines. */
const GARBAGE = [Buffer.from([0xff, 0xfe]), Buffer.from('a\0b'), Buffer.from([0xc3])];

/** What a reader made of a log. */
export interface Told {
  readonly lines: readonly string[];
  readonly bad: number;
}

/**
 * A log with two writers and all that happens to logs, and a reader that dies now and then. After a
 * tale each line was read once.
 */
export class Tale {
  readonly #path: string;
  readonly #random: Random;
  readonly #clock = new SimulatedClock();
  readonly #written: string[] = [];
  readonly #read: string[] = [];
  readonly #deeds: string[] = [];
  #garbage = 0;
  #bad = 0;
  #count = 0;
  #position: Position | undefined;
  #reader: TailReader;

  constructor(folder: string, random: Random) {
    this.#path = join(folder, 'event.log');
    this.#random = random;
    this.#reader = this.#newReader();
  }

  /** Lives through one tale, and resolves to what was read, beside what was written. */
  async live(): Promise<{ read: Told; written: Told; deeds: readonly string[] }> {
    const deeds = this.#possible();
    // Who never looked owes nothing for what was there before.
    while (this.#position === undefined) {
      this.#appendLine();
      await this.#scan();
    }
    for (let n = 0; n < DEEDS; n++) {
      const [name, deed] = this.#pick(deeds);
      this.#deeds.push(name);
      await deed();
    }
    this.#appendLine();
    while (!(await this.#hasReadAll()));
    await this.#scan();
    await this.#reader.close();
    return {
      read: { lines: this.#read.toSorted(), bad: this.#bad },
      written: { lines: this.#written.toSorted(), bad: this.#garbage },
      deeds: this.#deeds,
    };
  }

  #possible(): readonly (readonly [string, () => Promise<void> | void])[] {
    return [
      ['line', () => this.#appendLine()],
      ['line', () => this.#appendLine()],
      ['many', () => this.#appendMany()],
      ['torn', () => this.#appendTorn()],
      ['garbage', () => this.#appendGarbage()],
      ['scan', () => this.#scan()],
      ['scan', () => this.#scan()],
      ['rotate', () => this.#rotate((from, to) => renameSync(from, to))],
      ['rotate late', () => this.#rotateUnderWriter()],
      ['rotate unfinished', () => this.#rotateUnfinished()],
      ['copytruncate', () => this.#copyTruncate()],
      ['rewrite', () => this.#rewrite()],
      ['delete', () => this.#deleteRead()],
      ['cut', () => this.#cutRead()],
      ['replace', () => this.#replaceRead()],
      ['die', () => this.#die()],
      ['wait', () => this.#clock.advance(ROTATED_MS)],
    ];
  }

  #newLine(): string {
    this.#count++;
    const rest = 'é|x'.repeat(Math.floor(this.#random() * 40));
    const line = `2026-11-27T12:00:00Z line ${this.#count} ${rest}.`;
    this.#written.push(line);
    return line;
  }

  #appendLine(): void {
    const end = this.#random() < 0.3 ? '\r\n' : '\n';
    const mark = !existsSync(this.#path) && this.#random() < 0.3 ? '\ufeff' : '';
    appendFileSync(this.#path, `${mark}${this.#newLine()}${end}`);
  }

  #appendMany(): void {
    const lines = Array.from({ length: 30 }, () => this.#newLine());
    appendFileSync(this.#path, `${lines.join('\n')}\n`);
  }

  /** Torn at some byte, the reader looks in between; the other writer may come in between too. */
  async #appendTorn(): Promise<void> {
    const line = Buffer.from(`${this.#newLine()}\n`);
    const at = Math.floor(this.#random() * line.length);
    appendFileSync(this.#path, line.subarray(0, at));
    await this.#scan();
    appendFileSync(this.#path, line.subarray(at));
  }

  #appendGarbage(): void {
    this.#garbage++;
    appendFileSync(this.#path, Buffer.concat([this.#pick(GARBAGE), Buffer.from('\n')]));
  }

  #rotate(move: (from: string, to: string) => void): void {
    if (!existsSync(this.#path)) return;
    for (let n = KEPT; n >= 1; n--) {
      if (existsSync(`${this.#path}.${n}`))
        renameSync(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
    }
    move(this.#path, `${this.#path}.1`);
    if (this.#random() < 0.5) writeFileSync(this.#path, '');
  }

  /** A writer that holds the file goes on with the old one for a while. */
  async #rotateUnderWriter(): Promise<void> {
    if (!existsSync(this.#path)) return;
    this.#rotate((from, to) => renameSync(from, to));
    this.#appendLine();
    await this.#scan();
    appendFileSync(`${this.#path}.1`, `${this.#newLine()}\n`);
    await this.#scan();
  }

  /** The last line of a file never gets its end. */
  #rotateUnfinished(): void {
    appendFileSync(this.#path, this.#newLine());
    this.#rotate((from, to) => renameSync(from, to));
  }

  /**
   * Once or twice, before anybody looks. Of an empty file nobody could tell that something stood in
   * it, so a line was read before.
   */
  async #copyTruncate(): Promise<void> {
    this.#appendLine();
    if (!(await this.#hasReadAll())) return;
    do {
      this.#appendMany();
      if (this.#random() < 0.3) appendFileSync(this.#path, this.#newLine());
      this.#rotate((from, to) => {
        copyFileSync(from, to);
        truncateSync(from);
      });
    } while (this.#random() < 0.3);
  }

  /** As editors do: another file takes the name, and holds what the first one did. */
  async #rewrite(): Promise<void> {
    this.#appendLine();
    if (!(await this.#hasReadAll())) return;
    this.#appendMany();
    const before = readFileSync(this.#path);
    writeFileSync(`${this.#path}~`, Buffer.concat([before, Buffer.from(`${this.#newLine()}\n`)]));
    renameSync(`${this.#path}~`, this.#path);
  }

  /** What was read may go. What comes in its place is looked at before it is moved away. */
  async #deleteRead(): Promise<void> {
    if (!(await this.#hasReadAll())) return;
    rmSync(this.#path, { force: true });
    this.#appendLine();
    await this.#hasReadAll();
  }

  async #cutRead(): Promise<void> {
    if (!(await this.#hasReadAll()) || !existsSync(this.#path)) return;
    truncateSync(this.#path);
    this.#appendLine();
    await this.#hasReadAll();
  }

  /** By one of the same size, in the same file. */
  async #replaceRead(): Promise<void> {
    if (!(await this.#hasReadAll()) || !existsSync(this.#path)) return;
    const { length } = readFileSync(this.#path);
    const line = this.#newLine();
    const rest = length - Buffer.byteLength(line) - 1;
    writeFileSync(this.#path, rest > 0 ? `${line}\n${'\n'.repeat(rest)}` : `${line}\n`);
    await this.#hasReadAll();
  }

  async #hasReadAll(): Promise<boolean> {
    for (let n = 0; n < KEPT; n++) {
      if (await this.#scan()) return true;
      this.#clock.advance(ROTATED_MS);
    }
    return false;
  }

  async #die(): Promise<void> {
    await this.#reader.close();
    this.#reader = this.#newReader();
  }

  #newReader(): TailReader {
    const { position } = this.#remembered();
    return new TailReader({ path: this.#path, position, clock: this.#clock });
  }

  #remembered(): { position: Position | undefined } {
    const text = this.#position === undefined ? undefined : formatPosition(this.#position);
    return { position: text === undefined ? undefined : parsePosition(text) };
  }

  /** Now and then it dies just before, or just after, what it read is durable. */
  async #scan(): Promise<boolean> {
    const fate = this.#random();
    try {
      const { complete } = await this.#reader.scan(async ({ lines, after }) => {
        if (fate < 0.05) throw new Error('killed before the commit');
        for (const line of lines) {
          if (line.content.kind === 'bad') this.#bad++;
          else this.#take(line.content.text);
          this.#position = await after(line);
        }
        if (fate < 0.1) throw new Error('killed after the commit');
      });
      return complete;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('killed')) throw error;
      await this.#die();
      return false;
    }
  }

  #take(text: string): void {
    const line = text.replace(/\r$/, '');
    if (line !== '') this.#read.push(line);
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

/** What went wrong in one tale, lived in a folder below `root`; undefined where nothing did. */
export async function liveTale(root: string, random: Random): Promise<string | undefined> {
  const folder = join(root, 'tale');
  mkdirSync(folder);
  try {
    const { read, written, deeds } = await new Tale(folder, random).live();
    const lost = missingFrom(read.lines, written.lines);
    const double = missingFrom(written.lines, read.lines);
    const bad = read.bad === written.bad ? [] : [`${read.bad} bad lines of ${written.bad}`];
    if (lost.length + double.length + bad.length === 0) return undefined;
    return [`lost: ${lost.join()}`, `double: ${double.join()}`, ...bad, deeds.join()].join('; ');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Those of `all` that `some` has not, or has less often. */
function missingFrom(some: readonly string[], all: readonly string[]): string[] {
  const left = [...some];
  return all.filter((line) => {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}
