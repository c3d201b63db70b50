import { messageOf } from '../../std/errors.ts';
import type { Logger } from '../../std/logger.ts';
import type { Service } from '../../std/service.ts';
import { type StreamSource, streamOf } from './stream.ts';
import type { Listener } from './subscriber.ts';

/** What a live listener is told of. */
export interface LiveOptions {
  readonly type: string;
  readonly listener: Listener;
}

/** What a live listener is read from. */
export type LiveSource = Omit<StreamSource, 'stopping'> & { readonly logger: Logger };

/**
 * Tells a listener of the events of a type that are recorded from its start on, in the order of the
 * log. Nothing is remembered: what it throws is reported, and the event is not told again.
 */
export class LiveListener implements Service {
  readonly name: string;
  readonly #options: LiveOptions;
  readonly #source: LiveSource;
  readonly #stopping = new AbortController();

  constructor(options: LiveOptions, source: LiveSource) {
    this.name = `live ${options.type}`;
    this.#options = options;
    this.#source = source;
  }

  async start(): Promise<void> {
    void this.#follow(this.#source.store.head());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
  }

  async #follow(after: number): Promise<void> {
    const { signal: stopping } = this.#stopping;
    const { type, listener } = this.#options;
    const { logger } = this.#source;
    try {
      for await (const event of streamOf({ ...this.#source, stopping }, { after, type })) {
        try {
          await listener(event, { signal: stopping });
        } catch (error) {
          logger.warn('a live listener failed', {
            type,
            event: event.seq,
            error: messageOf(error),
          });
        }
      }
    } catch (error) {
      logger.error('a live listener hears nothing any more', { type, error: messageOf(error) });
    }
  }
}
