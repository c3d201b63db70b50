import { type Clock, delay } from '../../std/clock.ts';
import type { Hook } from './hook.ts';

/** How long requests wait for a hook that is opened anew. */
const WAIT_MS = 5_000;

/** A hook that its source is about to open anew. */
interface AwaitedHook {
  readonly source: string;
  readonly until: Promise<void>;
  readonly end: () => void;
}

/** Which hook has which path, and which paths are about to have another one. */
export class HookTable {
  readonly #hooks = new Map<string, Hook>();
  readonly #awaited = new Map<string, AwaitedHook>();

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

  /** Its source has opened it, perhaps under another path than the one where it is awaited. */
  set(hook: Hook): void {
    this.#hooks.set(hook.path, hook);
    for (const [path, { source, end }] of this.#awaited) {
      if (path === hook.path || source === hook.source) end();
    }
  }

  delete({ path }: Hook): void {
    this.#hooks.delete(path);
  }

  /** Has requests wait for the next hook. Resolves when it is there, or is not to come. */
  async await({ path, source }: Hook, clock: Clock): Promise<void> {
    const over = new AbortController();
    const until = delay(clock, WAIT_MS, over.signal);
    const awaited = { source, until, end: () => over.abort() };
    this.#awaited.set(path, awaited);
    await until;
    if (this.#awaited.get(path) === awaited) this.#awaited.delete(path);
  }
}
