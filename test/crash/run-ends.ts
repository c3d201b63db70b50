import type { ApiClient } from './api-client.ts';

/** Hears of the end of each run by the live stream. */
export class RunEnds {
  /** The seqs of events by the ids of the runs that they started. */
  readonly #events = new Map<string, number>();
  readonly #ended = new Set<number>();
  readonly #waiting = new Map<number, () => void>();

  constructor(client: ApiClient) {
    void this.#follow(client);
  }

  /** Resolves when the run that the event started has ended; of several, the first one. */
  of(seq: number): Promise<void> {
    if (this.#ended.has(seq)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(seq, resolve);
    });
  }

  async #follow(client: ApiClient): Promise<void> {
    for await (const { type, id, data, causationid } of client.stream('run.*')) {
      if (type === 'run.started') this.#events.set(id, Number(data['event']));
      else this.#end(this.#events.get(causationid ?? '') ?? 0);
    }
  }

  #end(seq: number): void {
    this.#ended.add(seq);
    this.#waiting.get(seq)?.();
    this.#waiting.delete(seq);
  }
}
