import type { OwnEventType } from '../events/own-types.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { CursorWrite, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';

/** Where it writes, and where it complains. */
export interface LedgerOptions {
  readonly store: Pick<Store, 'append'>;
  readonly time: EngineTime;
  readonly logger: Logger;
}

const NO_CAUSE = { correlation: null, causation: null, hops: 0 };

/** What identity has to say to the log. */
export class Ledger {
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /**
   * Records something, in one commit with the rows that it changes. False where the disk is full:
   * then neither is written.
   */
  async record(
    type: OwnEventType,
    data: object,
    cursors: readonly CursorWrite[] = [],
  ): Promise<boolean> {
    const { store, time } = this.#options;
    const record = ownRecord(type, JSON.stringify(data), time.now(), NO_CAUSE);
    const { kind } = await store.append({ writes: [{ kind: 'event', record }], cursors });
    return kind === 'appended';
  }

  /** Records something that nobody waits for. Where that fails, the daemon's log says so. */
  note(type: OwnEventType, data: object): void {
    const { logger } = this.#options;
    this.record(type, data).then(
      (written) => {
        if (!written) logger.warn('not recorded, because the disk is full', { type });
      },
      (error: unknown) => logger.warn('not recorded', { type, error: messageOf(error) }),
    );
  }

  /** Changes a row that nobody waits for. */
  remember(row: CursorWrite): void {
    const { store, logger } = this.#options;
    store.append({ writes: [], cursors: [row] }).catch((error: unknown) => {
      logger.warn('not remembered', { what: row.key, error: messageOf(error) });
    });
  }
}
