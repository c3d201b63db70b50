import { isAbsolute } from 'node:path';
import { SignalboxError } from '../std/errors.ts';
import type { CopyReport, StorageCare } from '../store/care.ts';
import type { Store } from '../store/contract.ts';

/** What is done for the store's own bytes while the engine works. */
export interface Care {
  /** Copies the store into a file, as `StorageCare.backup` does; its path must be absolute. */
  backup(file: string): Promise<CopyReport>;
}

/** The care of an engine's store. */
export function openCare({ store }: { readonly store: Store }): Care {
  return {
    async backup(file) {
      if (isAbsolute(file)) return careOf(store).backup(file);
      throw new SignalboxError('backup.failed', `The path ${file} of a backup must be absolute.`);
    },
  };
}

/** @throws SignalboxError `care.not_supported` where the database has its own means. */
export function careOf({ care }: Store): StorageCare {
  if (care !== undefined) return care;
  const message =
    'The store is PostgreSQL, whose own means do this: pg_dump or a physical backup, and its ' +
    'partitions; Signalbox does it for SQLite only.';
  throw new SignalboxError('care.not_supported', message);
}
