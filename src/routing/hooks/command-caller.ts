import type { Captured } from '../../std/captured-output.ts';
import type { Clock } from '../../std/clock.ts';
import type { CommandEnd, Processes } from '../../std/command.ts';
import { ANSWER_LENGTH_MAX, type CallEnd, type HookCaller, within } from './caller.ts';
import { Turns } from './turns.ts';

/** What a command is called with. */
export interface CommandCallerOptions {
  readonly processes: Processes;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly budgetMs: number;
  readonly clock: Clock;
}

/** Processes of one hook at once, those included that are ended since they took too long. */
const PROCESSES_MAX = 4;
/** How much of the end of standard error a failure tells. */
const STDERR_BYTES_MAX = 1_024;

/** Calls a command, a process for each call: the payload is its input, the answer its output. */
export class CommandCaller implements HookCaller {
  readonly #options: CommandCallerOptions;
  readonly #turns = new Turns(PROCESSES_MAX);

  constructor(options: CommandCallerOptions) {
    this.#options = options;
  }

  start(): void {
    // Each call starts its own process.
  }

  async call(payload: string, signal: AbortSignal): Promise<CallEnd> {
    await this.#turns.enter();
    if (signal.aborted) {
      this.#turns.leave();
      return { kind: 'aborted' };
    }
    const { clock, budgetMs } = this.#options;
    const over = new AbortController();
    const running = this.#run(payload, over.signal);
    void running.finally(() => this.#turns.leave());
    const end = await within(running.then(endOf), { clock, budgetMs, signal });
    // What goes on is ended behind the caller's back, since that may take seconds.
    over.abort();
    return end;
  }

  async stop(): Promise<void> {
    // Who started the processes ends what is left of them.
  }

  #run(payload: string, signal: AbortSignal): Promise<CommandEnd> {
    const { processes, argv, directory, environment } = this.#options;
    return processes.run({
      argv,
      directory,
      environment,
      stdin: payload,
      stdoutBytesMax: ANSWER_LENGTH_MAX,
      stderrBytesMax: STDERR_BYTES_MAX,
      signal,
    });
  }
}

function endOf(end: CommandEnd): CallEnd {
  switch (end.kind) {
    case 'unstarted':
      return failed(`it could not be started: ${end.reason.replaceAll('_', ' ')}`);
    case 'killed':
      return failed(`it was ended by ${end.signal}${tailOf(end.stderr)}`);
    case 'exited':
      return end.code === 0
        ? answerIn(end.stdout)
        : failed(`it ended with exit code ${end.code}${tailOf(end.stderr)}`);
  }
}

function answerIn({ bytes, bytesPrinted }: Captured): CallEnd {
  if (bytesPrinted > bytes.length)
    return failed(`it printed ${bytesPrinted} bytes, over ${ANSWER_LENGTH_MAX}`);
  try {
    return {
      kind: 'answered',
      text: new TextDecoder('utf-8', { fatal: true }).decode(bytes),
    };
  } catch {
    return failed('it printed bytes that are no UTF-8');
  }
}

function tailOf({ bytes }: Captured): string {
  const text = bytes.toString('utf8').trim();
  return text === '' ? '' : `: ${text}`;
}

function failed(reason: string): CallEnd {
  return { kind: 'failed', reason };
}
