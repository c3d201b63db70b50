import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { HeadCapture, TailCapture } from './captured-output.ts';
import type { Command, CommandEnd } from './command.ts';
import type { ProcessEntry } from './process-table.ts';

/** What is needed of a child process. */
interface Child extends EventEmitter {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  unref(): void;
}

/** A command that was started, and what is known of it so far. */
export interface Running {
  readonly child: Child;
  readonly leader: ProcessEntry;
  /** What stands in the environment of all that belongs to it. */
  readonly marker: string;
  /** It has ended itself. */
  readonly exited: Promise<void>;
  /** Also, nobody holds its output any more. */
  readonly closed: Promise<void>;
  readonly stdout: HeadCapture | TailCapture;
  readonly stderr: TailCapture;
}

/** Begins to listen to a child that was just started, and gives it its input. */
export function observe(
  child: Child,
  known: Pick<Running, 'leader' | 'marker'> & { readonly command: Command },
): Running {
  const { leader, marker, command } = known;
  const Capture = command.keepsStdoutEnd === true ? TailCapture : HeadCapture;
  const stdout = new Capture(command.stdoutBytesMax);
  const stderr = new TailCapture(command.stderrBytesMax);
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command may end before it has read or written all; its end says what there is to say.
  for (const stream of streamsOf(child)) stream.on('error', () => {});
  child.stdin?.end(command.stdin);
  return {
    child,
    leader,
    marker,
    stdout,
    stderr,
    exited: new Promise((resolve) => child.once('exit', () => resolve())),
    closed: new Promise((resolve) => child.once('close', () => resolve())),
  };
}

/** Whether the signal comes before the end. */
export function abortedBefore(exited: Promise<void>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(true);
    signal.addEventListener('abort', onAbort, { once: true });
    void exited.then(() => resolve(false));
    void exited.then(() => signal.removeEventListener('abort', onAbort));
  });
}

/** What has become of a command that has ended, or is not waited for any longer. */
export function endOf({ child, stdout, stderr }: Running, aborted: boolean): CommandEnd {
  const printed = { stdout: stdout.captured(), stderr: stderr.captured() };
  if (child.exitCode !== null && !aborted) {
    return { kind: 'exited', code: child.exitCode, ...printed };
  }
  return { kind: 'killed', signal: child.signalCode ?? 'SIGTERM', aborted, ...printed };
}

/** Whoever still holds the other ends, the daemon does not wait for them. */
export function letGo(child: Child): void {
  for (const stream of streamsOf(child)) stream.destroy();
  child.unref();
}

function streamsOf({ stdin, stdout, stderr }: Child) {
  return [stdin, stdout, stderr].filter((stream) => stream !== null);
}
