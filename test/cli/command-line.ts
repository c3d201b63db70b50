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

/**
 * Commands that need a process of their own: they hear its signals, own its terminal and end it, or
 * find files from the folder that it stands in.
 */
const OWNERS = new Set(
  'daemon dev exec start stop top up check doctor event graph plan rehearse test tools'.split(' '),
);

/** Whether a command line may run in the process of the tests. */
export function isGuest(words: readonly string[]): boolean {
  return !words.some((word) => OWNERS.has(word));
}

/**
 * Runs a command line to its end in this process: the same program, to which a pipe for each of its
 * streams is given, without the second of the processor that a process of its own takes to begin.
 */
export async function runHere(words: readonly string[], place: CommandPlace): Promise<Ended> {
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
