import type { StorageCare } from '../care.ts';
import type { Channel } from './channel.ts';
import { writeCopy } from './copy.ts';
import type { Queries } from './core.ts';

/** Asks the database, which no group that is half written shows itself to. */
export type Ask = <Q extends keyof Queries>(
  name: Q,
  argument: Queries[Q][0],
) => Promise<Queries[Q][1]>;

/** What SQLite does for its own bytes. */
export function careOf(channel: Channel, ask: Ask): StorageCare {
  let copying: Promise<unknown> = Promise.resolve();
  return {
    backup(file) {
      // One after the other: a second copy would only take from the first.
      const copied = copying.then(() => writeCopy(file, channel));
      copying = copied.catch(() => undefined);
      return copied;
    },
    usage: () => ask('usage', null),
    consumers: (prefix) => ask('consumers', prefix),
    cut: () => ask('cut', null),
    cuttable: (query) => ask('cuttable', query),
    digests: (seqs) => ask('digests', seqs),
    groups: (query) => ask('groups', query),
    trim: (trim) => ask('trim', trim),
    sweep: (now) => ask('sweep', now),
    erase: (erasure) => ask('erase', erasure),
  };
}
