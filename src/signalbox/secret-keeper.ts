import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { SecretTable } from '../store/secrets/secret-table.ts';

/** How often the side table is looked through for what has expired, and for an old key. */
const TEND_MS = 3_600_000;

/** Tends the side table of secrets at the start, and every hour. */
export class SecretKeeper implements Service {
  readonly name = 'secrets';
  readonly #table: SecretTable;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(table: SecretTable, clock: Clock, logger: Logger) {
    this.#table = table;
    this.#clock = clock;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    this.#underWay = this.#tend();
    await this.#underWay;
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#underWay;
  }

  async #tend(): Promise<void> {
    try {
      const rows = await this.#table.tend();
      if (rows > 0) this.#logger.info('sealed the secrets of events with a new key', { rows });
    } catch (error) {
      this.#logger.error('the secrets of events were not tended', { error: messageOf(error) });
    }
    this.#timer = this.#clock.schedule(TEND_MS, () => {
      this.#underWay = this.#tend();
    });
  }
}
