import { Readable } from 'node:stream';

/** The longest line that a person types; what is longer is cut. */
const LINE_LENGTH_MAX = 10_000;

/**
 * What a person types, line by line, for as long as they are asked something. What they typed
 * before is no answer to what they had not seen, so it is dropped.
 */
export class TypedLines {
  readonly #stdin: Readable;
  #partial = '';
  #isOver = false;
  #waiting: ((line: string | undefined) => void) | undefined;
  readonly #onData = (chunk: Buffer | string): void => this.#take(String(chunk));
  readonly #onEnd = (): void => this.#end();

  constructor(stdin: Readable) {
    this.#stdin = stdin;
    this.resume();
    stdin.on('end', this.#onEnd);
  }

  /** The lines of an input, where it can be listened to. */
  static of(stdin: unknown): TypedLines | undefined {
    return stdin instanceof Readable ? new TypedLines(stdin) : undefined;
  }

  /** The next line that is ended from now on; undefined where none comes any more. */
  next(): Promise<string | undefined> {
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Whoever is asked has no need to answer any more. */
  forget(): void {
    this.#waiting = undefined;
  }

  /** Leaves the input to another program. */
  pause(): void {
    this.#stdin.off('data', this.#onData);
    this.#stdin.pause();
    this.#partial = '';
  }

  resume(): void {
    this.#stdin.on('data', this.#onData);
    this.#stdin.resume();
  }

  /** Lets go of the input, which keeps no process here any more. */
  close(): void {
    this.pause();
    this.#stdin.off('end', this.#onEnd);
    this.#end();
  }

  #take(text: string): void {
    const lines = `${this.#partial}${text}`.split(/\r?\n/);
    this.#partial = (lines.pop() ?? '').slice(0, LINE_LENGTH_MAX);
    const [first] = lines;
    if (first === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(first.slice(0, LINE_LENGTH_MAX));
  }

  #end(): void {
    this.#isOver = true;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }
}
