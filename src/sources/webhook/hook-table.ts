import { type Clock, delay } from '../../std/clock.ts';
import type { Hook } from './hook.ts';

/** How long requests wait for a hook that is opened anew. */
const WAIT_MS = 5_000;

/** Which hook has which path, and which paths are about to have another one. */
export class HookTable {
  readonly #hooks = new Map<string, Hook>();
  readonly #awaited = new Map<
    string,
    { readonly until: Promise<void>; readonly end: () => void }
  >();

  /** Whether nobody is heard, now or in a moment. */
  get isEmpty(): boolean {
    return this.#hooks.size === 0 && this.#awaited.size === 0;
  }

  /** Whether requests to this path are heard, now or in a moment. */
  has(path: string): boolean {
    return this.#hooks.has(path) || this.#awaited.has(path);
  }

  /** The hook that has a path now. */
  at(path: string): Hook | undefined {
    return this.#hooks.get(path);
  }

  /** The hook that has a path, now or in a moment; undefined where none comes. */
  async next(path: string): Promise<Hook | undefined> {
    await this.#awaited.get(path)?.until;
    return this.#hooks.get(path);
  }

  set(hook: Hook): void {
    this.#hooks.set(hook.path, hook);
    this.#awaited.get(hook.path)?.end();
  }

  delete({ path }: Hook): void {
    this.#hooks.delete(path);
  }

  /** Has requests to a path wait for its next hook. Resolves when it is there, or does not come. */
  async await(path: string, clock: Clock): Promise<void> {
    const over = new AbortController();
    const until = delay(clock, WAIT_MS, over.signal);
    const awaited = { until, end: () => over.abort() };
    this.#awaited.set(path, awaited);
    await until;
    if (this.#awaited.get(path) === awaited) this.#awaited.delete(path);
  }
}
