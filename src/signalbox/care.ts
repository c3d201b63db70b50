import { isAbsolute } from 'node:path';
import type { Erasures, ErasureDecision } from '../routing/erasure.ts';
import type { Retention } from '../routing/retention/retention.ts';
import { SignalboxError } from '../std/errors.ts';
import type { CopyReport, StorageCare } from '../store/care.ts';
import type { Store } from '../store/contract.ts';
import { findRecord } from '../views/event-page.ts';

/** What is done for the store's own bytes while the engine works. */
export interface Care {
  /** Copies the store into a file, as `StorageCare.backup` does; its path must be absolute. */
  backup(file: string): Promise<CopyReport>;
  /**
   * Destroys the payload of the event of this id; false where it was gone before.
   *
   * @throws SignalboxError `event.unknown`, and as `Erasures.erase` does.
   */
  erase(id: string, decision: ErasureDecision): Promise<boolean>;
}

interface CareParts {
  readonly store: Store;
  readonly retention: Retention;
  readonly erasures: Erasures;
}

/** The care of an engine's store. */
export function openCare({ store, retention, erasures }: CareParts): Care {
  return {
    async backup(file) {
      const care = careOf(store);
      if (isAbsolute(file)) return retention.aside(() => care.backup(file));
      throw new SignalboxError('backup.failed', `The path ${file} of a backup must be absolute.`);
    },
    async erase(id, decision) {
      careOf(store);
      const event = await findRecord(store, id);
      if (event !== undefined) return erasures.erase(event, decision);
      throw new SignalboxError('event.unknown', `There is no event with the id "${id}".`);
    },
  };
}

/** @throws SignalboxError `care.not_supported` where the database has its own means. */
function careOf({ care }: Store): StorageCare {
  if (care !== undefined) return care;
  const message =
    'The log is in PostgreSQL, whose own means copy it: pg_dump, or a backup of the server. ' +
    'Signalbox makes backups, keeps to a retention and erases payloads where the log is in SQLite.';
  throw new SignalboxError('care.not_supported', message);
}
