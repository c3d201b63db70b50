import type { Clock } from '../../std/clock.ts';
import { type CallEnd, type HookCaller, within } from './caller.ts';
import { HookThread, type HookThreadOptions, type Said } from './thread.ts';
import { Turns } from './turns.ts';

/** What a module is called with. */
export interface ModuleCallerOptions extends Omit<HookThreadOptions, 'ended'> {
  readonly budgetMs: number;
  readonly clock: Clock;
}

/** How long a module may take to be loaded: that does not count to the budget of a call. */
const LOAD_MS = 10_000;
/** How long a module that cannot be loaded is not tried again. */
const REST_MS = 1_000;

/**
 * Calls a module in a thread that is kept, one call after the other: a thread that ended, or was
 * ended because it took too long, is replaced at the next call.
 */
export class ModuleCaller implements HookCaller {
  readonly #options: ModuleCallerOptions;
  readonly #turns = new Turns(1);
  #thread: HookThread | undefined;
  /** Why the module is not loaded at present, and until when that is not tried again. */
  #broken: { readonly end: CallEnd; readonly until: number } | undefined;

  constructor(options: ModuleCallerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#thread ??= this.#newThread();
  }

  async call(payload: string, signal: AbortSignal): Promise<CallEnd> {
    await this.#turns.enter();
    try {
      return signal.aborted ? { kind: 'aborted' } : await this.#call(payload, signal);
    } finally {
      this.#turns.leave();
    }
  }

  async stop(): Promise<void> {
    await this.#thread?.end();
  }

  async #call(payload: string, signal: AbortSignal): Promise<CallEnd> {
    const { clock, budgetMs } = this.#options;
    if (this.#broken !== undefined && clock.monotonic() < this.#broken.until)
      return this.#broken.end;
    this.#broken = undefined;
    const thread = (this.#thread ??= this.#newThread());
    const loading = await within(loadedOf(thread.loaded), { clock, budgetMs: LOAD_MS, signal });
    if (loading.kind !== 'answered') {
      await this.#drop(thread);
      this.#broken = { end: loading, until: clock.monotonic() + REST_MS };
      return loading;
    }
    const end = await within(endOf(thread.call(payload)), { clock, budgetMs, signal });
    if (end.over) await this.#drop(thread);
    return end;
  }

  #newThread(): HookThread {
    const { entry, module, environment, printed } = this.#options;
    const ended = (): void => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    const thread = new HookThread({ entry, module, environment, printed, ended });
    return thread;
  }

  async #drop(thread: HookThread): Promise<void> {
    if (this.#thread === thread) this.#thread = undefined;
    await thread.end();
  }
}

async function loadedOf(loaded: Promise<Said>): Promise<CallEnd> {
  const said = await loaded;
  return said.kind === 'loaded' ? { kind: 'answered', text: '' } : said;
}

async function endOf(called: Promise<Said>): Promise<CallEnd> {
  const said = await called;
  return said.kind === 'loaded' ? { kind: 'failed', reason: 'its thread began anew' } : said;
}
