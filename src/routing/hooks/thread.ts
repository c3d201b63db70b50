import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { messageOf } from '../../std/errors.ts';
import type { CallEnd } from './caller.ts';

/** What a thread is born with. Its port is its own: what a module posts elsewhere, nobody reads. */
export interface HookThreadData {
  readonly port: MessagePort;
  /** The module's URL. */
  readonly module: string;
}

/** What comes from a thread: that its module is loaded, and the end of each call. */
export type Said = { readonly kind: 'loaded' } | Exclude<CallEnd, { readonly kind: 'aborted' }>;

/** What a thread is made of. */
export interface HookThreadOptions {
  /** The file that is its body. */
  readonly entry: URL;
  readonly module: string;
  readonly environment: { readonly [name: string]: string };
  /** Told what the module prints. */
  readonly printed: (text: string) => void;
  /** Told when the thread has ended, however it came to that. */
  readonly ended: () => void;
}

/** What a module may hold before its thread is ended. */
const HEAP_MB = 128;
/** Pieces of print of one thread that are passed on. */
const PRINTS_MAX = 20;

/** A module in a thread of its own, where it can neither hold up nor end the daemon. */
export class HookThread {
  /** That the module is loaded, or why it is not. */
  readonly loaded: Promise<Said>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #waiting: ((said: Said) => void) | undefined;
  readonly #ended: () => void;
  #dead: Said | undefined;

  constructor({ entry, module, environment, printed, ended }: HookThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#ended = ended;
    const data: HookThreadData = { port: port2, module };
    this.#worker = new Worker(entry, {
      workerData: data,
      transferList: [port2],
      name: 'signalbox-hook',
      env: environment,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.loaded = this.#next();
    port1.on('message', (said: Said) => this.#settle(said));
    this.#worker.on('error', (error) => this.#die(`it ended its thread: ${messageOf(error)}`));
    this.#worker.on('exit', (code) => {
      this.#die(`it ended its thread with exit code ${code}`);
      port1.close();
    });
    this.#listen(printed);
  }

  /** Calls the module. One call after the other: the next is made when this one has ended. */
  call(payload: string): Promise<Said> {
    if (this.#dead !== undefined) return Promise.resolve(this.#dead);
    const next = this.#next();
    this.#port.postMessage(payload);
    return next;
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #next(): Promise<Said> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #settle(said: Said): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(said);
  }

  #die(reason: string): void {
    // Nothing is asked of a thread that is about to end.
    if (this.#dead === undefined) this.#ended();
    this.#dead ??= { kind: 'failed', reason };
    this.#settle(this.#dead);
  }

  /** Read in any case: else what a module prints would heap up. */
  #listen(printed: (text: string) => void): void {
    let prints = 0;
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        if (prints++ < PRINTS_MAX) printed(chunk.toString('utf8'));
      });
    }
  }
}
