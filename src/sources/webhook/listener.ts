import { SignalboxError } from '../../std/errors.ts';
import type { Hook } from './hook.ts';
import { HookTable } from './hook-table.ts';
import { type Listening, type ListenerOptions, OpenListener } from './open-listener.ts';

/**
 * Where webhooks are heard: opened for the first hook, closed after the last. It serves nothing but
 * the paths of hooks, and these exactly as they are written.
 */
export class HookListener {
  readonly #options: ListenerOptions;
  readonly #hooks = new HookTable();
  /** Opening and closing, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #open: OpenListener | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Where it listens, such as `http://127.0.0.1:8766`; undefined while no hook is open. */
  get url(): string | undefined {
    return this.#open?.url;
  }

  /**
   * Hears a hook's path from now on.
   *
   * @throws SignalboxError `webhook.address_in_use` or `webhook.cannot_listen`, and
   *   `webhook.duplicate_path` where another hook has the path.
   */
  add(hook: Hook, listening: Listening): Promise<void> {
    return this.#next(async () => {
      if (this.#hooks.at(hook.path) !== undefined) throw pathTaken(hook.path);
      this.#open ??= await this.#listen(listening);
      this.#hooks.set(hook);
    });
  }

  /**
   * Hears the hook's path no more. With `again`, whoever asks meanwhile waits a little for the next
   * hook with that path. Safe for one that was not added.
   */
  remove(hook: Hook, again = false): Promise<void> {
    if (this.#hooks.at(hook.path) !== hook) return Promise.resolve();
    this.#hooks.delete(hook);
    const open = this.#open;
    if (!again || open === undefined) return this.#next(() => this.#closeIfEmpty());
    void this.#hooks.await(hook, open.clock).then(() => this.#next(() => this.#closeIfEmpty()));
    return Promise.resolve();
  }

  async #closeIfEmpty(): Promise<void> {
    if (!this.#hooks.isEmpty) return;
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  #next(task: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #listen(listening: Listening): Promise<OpenListener> {
    const open = new OpenListener(this.#options, listening, this.#hooks);
    await open.start();
    return open;
  }
}

function pathTaken(path: string): SignalboxError {
  const message = `Another webhook source has the path ${path}; give this one its own.`;
  return new SignalboxError('webhook.duplicate_path', message);
}
