import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { HeadCapture } from './captured-output.ts';
import { delay, type Clock } from './clock.ts';
import {
  AT_ONCE,
  unstartedReason,
  type Command,
  type CommandEnd,
  type Processes,
} from './command.ts';
import { ProcessGuard, type GuardProcess } from './process-guard.ts';
import { ProcessTable, type ProcessEntry } from './process-table.ts';
import { randomText } from './random.ts';
import { abortedBefore, endOf, letGo, observe, type Running } from './running-command.ts';

/** What `SystemProcesses` needs; the table and the shell are the system's own unless given. */
export interface SystemProcessesOptions {
  /**
   * Letters and digits that stand for this data directory on this machine. A daemon kills at its
   * start what an earlier one of the same owner left behind, so no two may run at once under one.
   */
  readonly owner: string;
  readonly clock: Clock;
  readonly table?: ProcessTable;
  readonly shell?: string;
}

/** Stands in the environment of every process of ours, so that it is found wherever it went. */
export const MARKER_NAME = 'SIGNALBOX_PROCESS';
/** How long a command may take to end after SIGTERM. */
export const TERM_GRACE_MS = 2_000;
/** How long what a command left behind may go on printing after its end. */
export const LINGER_MS = 2_000;
/** How long to wait for what was killed: a process that hangs in the kernel may never end. */
const SURRENDER_MS = 2_000;
/** How often a sweep looks again for what was started while it looked. */
const SWEEP_ROUNDS_MAX = 20;

/** The processes of this machine, killed with the daemon where `limits` does not say otherwise. */
export class SystemProcesses implements Processes {
  readonly #clock: Clock;
  readonly #table: ProcessTable;
  readonly #shell: string;
  readonly #guard: ProcessGuard;
  readonly #owner: string;
  readonly #session: string;

  constructor(options: SystemProcessesOptions) {
    const { owner, clock, table = new ProcessTable(), shell = '/bin/sh' } = options;
    if (!/^[a-zA-Z0-9]+$/.test(owner)) throw new TypeError(`"${owner}" cannot name an owner`);
    this.#clock = clock;
    this.#table = table;
    this.#shell = shell;
    this.#owner = `${MARKER_NAME}=${owner}.`;
    this.#session = `${this.#owner}${randomText(12)}.`;
    const start = (argv: readonly string[]) => startGuard(shell, argv);
    this.#guard = new ProcessGuard({ marker: this.#session, table: table.folder, start });
  }

  async run(command: Command): Promise<CommandEnd> {
    if (command.signal.aborted) return { kind: 'unstarted', reason: 'aborted' };
    this.#guard.ensure();
    const marker = `${this.#session}${randomText(12)}`;
    const child = startCommand(command, marker);
    if (typeof child === 'string') return refusal(child, command);
    if (child.pid === undefined) return refusal(await failureOf(child), command);

    const leader = this.#table.entry(child.pid) ?? { pid: child.pid, start: '' };
    this.#guard.watch(leader);
    const end = await this.#supervise(observe(child, { leader, marker, command }), command.signal);
    this.#guard.release(leader);
    return end;
  }

  /**
   * Kills what earlier daemons of the same owner left behind, and resolves with how many processes
   * that were. Call it only once the owner's lock is held.
   */
  killOrphans(): Promise<number> {
    return this.#sweep(this.#owner, this.#session);
  }

  /** What this machine does not let us promise, as sentences for the log and `doctor`. */
  limits(): string[] {
    const limits: string[] = [];
    if (!this.#table.available) {
      limits.push(
        `${this.#table.folder} shows no processes: what a command starts in a session of its own ` +
          'outlives its timeout and the daemon.',
      );
    }
    if (!this.#guard.works || !existsSync(this.#shell)) {
      limits.push(`${this.#shell} does not run: commands outlive a daemon that is killed.`);
    }
    return limits;
  }

  /**
   * Kills what is left of all commands. What is started afterwards is not guarded. Until then the
   * guard, once the first command has started it, keeps the program running.
   */
  stop(): Promise<void> {
    return this.#guard.stop();
  }

  async #supervise(running: Running, signal: AbortSignal): Promise<CommandEnd> {
    const aborted = await abortedBefore(running.exited, signal);
    if (aborted) await this.#terminate(running, signal.reason === AT_ONCE);
    else await this.#atMost(LINGER_MS, running.closed);
    this.#killGroup(running.leader, 'SIGKILL');
    if (running.child.exitCode !== 0 || aborted) await this.#sweep(running.marker);
    await this.#atMost(SURRENDER_MS, running.exited);
    letGo(running.child);
    return endOf(running, aborted);
  }

  async #terminate({ leader, closed }: Running, atOnce: boolean): Promise<void> {
    // While their parents live, even those are found that left the session and dropped the marker.
    const before = this.#table.descendants(leader);
    if (!atOnce) {
      this.#killGroup(leader, 'SIGTERM');
      await this.#atMost(TERM_GRACE_MS, closed);
    }
    this.#killAll([...before, ...this.#frozen(leader)]);
  }

  /**
   * All below `leader`, stopped: what is told to stand still cannot fork away between the look and
   * the kill.
   */
  #frozen(leader: ProcessEntry): ProcessEntry[] {
    const found = new Map<number, ProcessEntry>();
    for (let round = 0; round < SWEEP_ROUNDS_MAX; round++) {
      const fresh = this.#table.descendants(leader).filter(({ pid }) => !found.has(pid));
      if (fresh.length === 0) break;
      for (const entry of fresh) {
        kill(entry.pid, 'SIGSTOP');
        found.set(entry.pid, entry);
      }
    }
    return [...found.values()];
  }

  #killAll(entries: readonly ProcessEntry[]): void {
    for (const { pid, start } of entries) {
      if (this.#table.entry(pid)?.start === start) kill(pid, 'SIGKILL');
    }
  }

  #killGroup(leader: ProcessEntry, signal: NodeJS.Signals): void {
    // No new process gets a number that a group still bears: another start means ours is gone.
    const now = this.#table.entry(leader.pid);
    if (now === undefined || now.start === leader.start) kill(-leader.pid, signal);
  }

  /** Kills all that carry `marker`, and resolves with how many that were. */
  async #sweep(marker: string, except?: string): Promise<number> {
    const killed = new Set<number>();
    for (let round = 0; round < SWEEP_ROUNDS_MAX; round++) {
      let found = 0;
      for await (const pid of this.#table.marked(marker, except)) {
        kill(pid, 'SIGKILL');
        killed.add(pid);
        found++;
      }
      if (found === 0) break;
    }
    return killed.size;
  }

  async #atMost(ms: number, promise: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([promise, delay(this.#clock, ms, over.signal)]);
    over.abort();
  }
}

/** How a command ended that ran in our place. */
export type InPlaceEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** `code` is the system's, such as `ENOENT`. */
  | { readonly kind: 'unstarted'; readonly code: string };

/** A command that runs in our place. */
export interface InPlace {
  readonly ended: Promise<InPlaceEnd>;
  /** Passes a signal on. That it has already ended is no error. */
  pass(signal: NodeJS.Signals): void;
}

/**
 * Starts a command with our own input, output, environment and folder, as a shell would: no shell
 * reads its words, nothing of what it prints is seen, and it is not killed with us.
 */
export function startInPlace([program = '', ...args]: readonly string[]): InPlace {
  const child = started(program, args, { stdio: 'inherit' });
  if (typeof child === 'string') {
    return { ended: Promise.resolve({ kind: 'unstarted', code: child }), pass: () => {} };
  }
  return { ended: endInPlace(child), pass: (signal) => void child.kill(signal) };
}

/** A command that goes on when we end. Until it is released, it can report to us. */
export interface Detached {
  /** Undefined where it did not start. */
  readonly pid: number | undefined;
  readonly ended: Promise<InPlaceEnd>;
  /** Gets each message that the command sends over its channel, as Node's `process.send` does. */
  onMessage(listener: (message: unknown) => void): void;
  /** Passes a signal on. That it has already ended is no error. */
  pass(signal: NodeJS.Signals): void;
  /** Lets it go on without us: nothing of it keeps our process here. */
  release(): void;
}

/**
 * Starts a command in a session of its own, without input and without standard output; its standard
 * error goes to the file `stderr`. Environment and folder are ours.
 */
export function startDetached(
  [program = '', ...args]: readonly string[],
  { stderr }: { readonly stderr: number },
): Detached {
  const stdio = ['ignore', 'ignore', stderr, 'ipc'] as const;
  const child = started(program, args, { stdio: [...stdio], detached: true });
  if (typeof child === 'string') {
    const ended = Promise.resolve({ kind: 'unstarted', code: child } as const);
    return { pid: undefined, ended, onMessage: () => {}, pass: () => {}, release: () => {} };
  }
  return {
    pid: child.pid,
    ended: endInPlace(child),
    onMessage: (listener) => void child.on('message', listener),
    pass: (signal) => void child.kill(signal),
    release() {
      if (child.connected) child.disconnect();
      child.unref();
    },
  };
}

function endInPlace(child: ChildProcess): Promise<InPlaceEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'unstarted', code: codeOf(error) }));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal }),
    );
  });
}

/** How a command ended that was only tried. */
export interface TriedCommand {
  /** Undefined where a signal ended it, or it took too long, or it was never begun. */
  readonly code: number | undefined;
  readonly stderr: string;
}

/** How much of what a tried command says is kept. */
const TRIED_BYTES_MAX = 4_096;

/**
 * Runs a command that asks the machine something: for `timeoutMs` at most, without input, with our
 * `PATH` alone, and ended with its group. Never throws.
 */
export async function tryCommand(
  [program = '', ...args]: readonly string[],
  timeoutMs: number,
): Promise<TriedCommand> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const stdio: SpawnOptions['stdio'] = ['ignore', 'ignore', 'pipe'];
  const child = started(program, args, { cwd: '/', env, stdio, detached: true });
  if (typeof child === 'string') return { code: undefined, stderr: child };
  const stderr = new HeadCapture(TRIED_BYTES_MAX);
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const { pid } = child;
  const over = AbortSignal.timeout(timeoutMs);
  const end = (): void => void (pid !== undefined && kill(-pid, 'SIGKILL'));
  over.addEventListener('abort', end);
  const code = await new Promise<number | undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (exit) => resolve(exit ?? undefined));
  });
  over.removeEventListener('abort', end);
  return { code, stderr: stderr.captured().bytes.toString('utf8') };
}

function startCommand(command: Command, marker: string): ChildProcess | string {
  const [program = '', ...args] = command.argv;
  return started(program, args, {
    cwd: command.directory,
    env: { ...command.environment, [MARKER_NAME]: marker.slice(MARKER_NAME.length + 1) },
    stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

/** The child, whose failure may still be told by an event, or the code of one known already. */
function started(
  program: string,
  argv: readonly string[],
  options: SpawnOptions,
): ChildProcess | string {
  try {
    return spawn(program, argv, options);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return codeOf(error);
  }
}

function startGuard(shell: string, argv: readonly string[]): GuardProcess | undefined {
  const child = started(shell, argv, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  if (typeof child === 'string') return undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  // Without a file to spare, a child has not even streams.
  if (!child.stdin) return undefined;
  return { input: child.stdin, ended, kill: () => child.kill('SIGKILL') };
}

function failureOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.once('error', (error) => resolve(codeOf(error))));
}

function refusal(code: string, { directory }: Command): CommandEnd {
  return { kind: 'unstarted', reason: unstartedReason(code, directory) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Signals a process, or a group where `pid` is negative. That it has already ended is no error. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or not ours to kill: a command that changed its user.
  }
}
