import type { CommitReply } from './writer.ts';
import type { Opening, Queries } from './core.ts';
import { SqliteCore, type CoreOptions } from './core.ts';
import type { Flat } from './wire.ts';

/** The way to a core, wherever it lives. What is sent first is done first. */
export interface Channel {
  readonly opening: Opening;
  /** Rejects only where the database failed: nothing may be trusted from then on. */
  commit(batch: Flat): Promise<CommitReply>;
  query<Q extends keyof Queries>(name: Q, argument: Queries[Q][0]): Promise<Queries[Q][1]>;
  close(clean: boolean): Promise<void>;
}

/** A core in the caller's own thread. */
export function inlineChannel(options: CoreOptions): Channel {
  const core = new SqliteCore(options);
  return {
    opening: core.opening,
    commit: async (batch) => core.commit(batch),
    query: async (name, argument) => core.query(name, argument),
    close: async (clean) => core.close(clean),
  };
}
