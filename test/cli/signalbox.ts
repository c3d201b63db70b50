import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { isGuest, runHere } from './command-line.ts';

/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A folder with these files, gone after the test. */
export function makeFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** The command that runs the daemon: `up` unless it is another. */
  readonly verb?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program, with its arguments, that is given the command to run. */
  readonly prefix?: readonly string[];
}

export interface RunOptions extends StartOptions {
  readonly input?: string;
}

/**
 * Runs a command line to its end, in a folder: here where it may, and else as a process. What it
 * does to the process it runs in is asked of `runProcess`.
 */
export async function signalbox(
  folder: string,
  args: readonly string[],
  { input = '', ...options }: RunOptions = {},
): Promise<Ended> {
  if (options.prefix !== undefined || !isGuest(args)) {
    return runProcess(folder, args, { input, ...options });
  }
  return runHere(args, { folder, input, env: environmentOf(options) });
}

/** Runs a command line as a process of its own. */
export async function runProcess(
  folder: string,
  args: readonly string[],
  { input = '', ...options }: RunOptions = {},
): Promise<Ended> {
  const child = start(folder, args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** The document that a command prints with --json. */
export async function signalboxJson(folder: string, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await signalbox(folder, [...args, '--json']);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

function environmentOf({ env }: Pick<StartOptions, 'env'>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, ...env };
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a command line and leaves it running; killed after the test where it still runs. */
export function start(
  folder: string,
  args: readonly string[],
  { env = {}, prefix = [] }: StartOptions = {},
): Child {
  const [program = '', ...words] = [...prefix, process.execPath, MAIN, ...args];
  const child = spawn(program, words, {
    cwd: folder,
    env: environmentOf({ env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export interface Ready {
  readonly url: string;
  /** Where webhooks are heard, where a source hears any. */
  readonly hooks?: string;
  readonly pid: number;
  readonly data: string;
  readonly epoch: number;
  readonly token_file: string;
}

export interface RunningDaemon {
  readonly child: Child;
  readonly ready: Ready;
  /** What it has logged so far. */
  readonly log: () => string;
  /** Resolves when the log holds it. */
  readonly logged: (expected: string | RegExp) => Promise<void>;
  /** Resolves with the exit code, or null where a signal has ended it. */
  readonly ended: Promise<number | null>;
  /** Sends the signal where it still runs, and resolves with the exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts a daemon in a folder and waits until it is ready. */
export async function startDaemon(
  folder: string,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<RunningDaemon> {
  const child = start(folder, [options.verb ?? 'up', '--port', '0', ...args], options);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const log = new Recording(child.stderr);
  const out = new Recording(child.stdout);
  await Promise.race([out.holds('\n'), exitOf(child, log)]);
  return {
    child,
    ready: JSON.parse(out.text) as Ready,
    log: () => log.text,
    logged: (expected) => log.holds(expected),
    ended,
    end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

async function exitOf(child: Child, log: Recording): Promise<never> {
  const [code] = (await once(child, 'close')) as [number | null];
  throw new Error(`The daemon ended with ${code} before it was ready:\n${log.text}`);
}

/** What a stream has said so far. */
class Recording {
  text = '';
  readonly #waiting: { readonly expected: string | RegExp; readonly done: () => void }[] = [];

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      this.text += chunk;
      for (const { expected, done } of this.#waiting) {
        if (this.#has(expected)) done();
      }
    });
  }

  holds(expected: string | RegExp): Promise<void> {
    return new Promise((done) => {
      if (this.#has(expected)) done();
      else this.#waiting.push({ expected, done });
    });
  }

  #has(expected: string | RegExp): boolean {
    return typeof expected === 'string' ? this.text.includes(expected) : expected.test(this.text);
  }
}
