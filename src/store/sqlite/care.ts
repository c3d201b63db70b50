import type { StorageCare } from '../care.ts';
import type { Channel } from './channel.ts';
import { writeCopy } from './copy.ts';

/** What SQLite does for its own bytes. */
export function careOf(channel: Channel): StorageCare {
  let copying: Promise<unknown> = Promise.resolve();
  return {
    backup(file) {
      // One after the other: a second copy would only take from the first.
      const copied = copying.then(() => writeCopy(file, channel));
      copying = copied.catch(() => undefined);
      return copied;
    },
  };
}
