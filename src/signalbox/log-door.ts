import type { Doorkeeper } from '../routing/admission.ts';
import type { LogDoor } from '../sources/door.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';

/** What the sources' way into the log is made of. */
export interface LogDoorParts {
  readonly store: Pick<Store, 'append' | 'cursors'>;
  readonly door: Pick<Doorkeeper, 'admitTogether' | 'admit'>;
  readonly time: EngineTime;
  readonly logger: Logger;
  /** Takes out what is secret. */
  readonly guard?: LogDoor['guard'];
}

const NO_CAUSE = { correlation: null, causation: null, hops: 0 };

/** The log as sources see it. */
export function openLogDoor({ store, door, time, logger, guard }: LogDoorParts): LogDoor {
  return {
    ...(guard && { guard }),
    now: () => time.now(),
    admit(drafts, cursors, notes = []) {
      const [draft] = drafts;
      const rest = cursors.length + notes.length;
      if (draft !== undefined && drafts.length === 1 && rest === 0) return door.admit(draft);
      const records = notes.map(({ source, type, data }) => ({
        ...ownRecord(type, JSON.stringify(data), time.now(), NO_CAUSE),
        subject: source,
      }));
      return door.admitTogether(drafts, cursors, records);
    },
    async note(type, subject, data) {
      const record = ownRecord(type, JSON.stringify(data), time.now(), NO_CAUSE);
      try {
        const write = { kind: 'event', record: { ...record, subject: subject ?? null } } as const;
        const { kind } = await store.append({ writes: [write] });
        if (kind === 'full') logger.warn('not recorded, because the disk is full', { type });
      } catch (error) {
        logger.error('not recorded', { type, subject, error: messageOf(error) });
      }
    },
    remembered: (source, after, limit) => store.cursors({ source, after, limit }),
  };
}
