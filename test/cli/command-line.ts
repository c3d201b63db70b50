import { Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/app.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { SystemClock } from '../../src/std/clock.ts';
import type { Ended } from './signalbox.ts';

/** Where a command line runs, and with what. */
export interface CommandPlace {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** Commands that need a process of their own: they hear its signals, own its terminal or end it. */
const OWNERS = new Set('daemon dev exec start stop top up'.split(' '));

/** Whether a command line may run in the process of the tests. */
export function isGuest(words: readonly string[]): boolean {
  return !words.some((word) => OWNERS.has(word));
}

/**
 * Runs a command line to its end in this process: the same program, to which a pipe for each of its
 * streams is given, without the second of the processor that a process of its own takes to begin.
 */
export async function runHere(words: readonly string[], place: CommandPlace): Promise<Ended> {
  return FOLDER.within(place.folder, () => run(words, place));
}

async function run(words: readonly string[], place: CommandPlace): Promise<Ended> {
  const { folder, env, input } = place;
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const code = await runCommandLine(words, {
    process: {
      stdout: { write: (text) => void stdout.write(text) },
      stderr: { write: (text) => void stderr.write(text) },
      env,
    },
    terminal: openTerminal({ stdout, stderr, env }),
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stderr,
    env,
    clock: new SystemClock(),
    workingDirectory: folder,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Where this process stands: in one folder at a time, for as many as want to stand there. */
class Standing {
  #folder: string | undefined;
  #guests = 0;
  #left: Promise<void> = Promise.resolve();
  #leave = (): void => {};

  async within<T>(folder: string, deed: () => Promise<T>): Promise<T> {
    while (this.#guests > 0 && this.#folder !== folder) await this.#left;
    const home = process.cwd();
    if (this.#guests++ === 0) {
      this.#folder = folder;
      process.chdir(folder);
      this.#left = new Promise((leave) => {
        this.#leave = () => {
          process.chdir(home);
          leave();
        };
      });
    }
    try {
      return await deed();
    } finally {
      if (--this.#guests === 0) this.#leave();
    }
  }
}

const FOLDER = new Standing();

class Recorder extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
