import type { CopyReport } from '../care.ts';
import { inspectCopy } from './copy.ts';
import type { CommitReply } from './writer.ts';
import type { Opening, Queries } from './core.ts';
import { SqliteCore, type CoreOptions } from './core.ts';
import type { Flat } from './wire.ts';

/** The way to a core, wherever it lives. What is sent first is done first. */
export interface Channel {
  readonly opening: Opening;
  /**
   * Writes units ahead of the commit that makes them durable, so that the database works while
   * more of them are made. Nothing is asked between the two.
   */
  write(batch: Flat): void;
  /**
   * Makes durable what was written since the last commit, and these last units. Rejects only where
   * the database failed: nothing may be trusted from then on.
   */
  commit(batch: Flat): Promise<CommitReply>;
  query<Q extends keyof Queries>(name: Q, argument: Queries[Q][0]): Promise<Queries[Q][1]>;
  /** Copies the database into an empty file while work goes on. One at a time. */
  copy(path: string): Promise<void>;
  /** Reads a copy whole, where nobody waits for it. */
  inspect(path: string): Promise<CopyReport>;
  close(clean: boolean): Promise<void>;
}

/** A core in the caller's own thread. */
export function inlineChannel(options: CoreOptions): Channel {
  const core = new SqliteCore(options);
  return {
    opening: core.opening,
    write: (batch) => core.write(batch),
    commit: async (batch) => {
      core.write(batch);
      const reply = core.commit();
      core.tidy();
      return reply;
    },
    query: async (name, argument) => core.query(name, argument),
    copy: (path) => core.copy(path),
    inspect: async (path) => inspectCopy(options.driver, path),
    close: async (clean) => core.close(clean),
  };
}
