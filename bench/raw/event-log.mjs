// @ts-check
import { join } from 'node:path';
import { makePayload } from '../load/job.mjs';
import { openRawDatabase, timeOrderedId } from './database.mjs';
import { GroupCommit } from './group-commit.mjs';

/**
 * Raw group commit of the same driver: one table with a unique id, in the main thread, and nothing
 * around it. No log on this driver is faster.
 *
 * @param {{ directory: string; dist: string }} place
 */
export async function openRawLog({ directory, dist }) {
  const database = await openRawDatabase(dist, join(directory, 'raw.db'));
  database.exec(`CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT,
    source TEXT, time INTEGER, json TEXT)`);
  const insert = database.prepare(
    'INSERT INTO events (id, type, source, time, json) VALUES (?, ?, ?, ?, ?)',
  );
  const commits = new GroupCommit(database);
  return {
    /** @param {number} n */
    async emit(n) {
      const json = makePayload(n);
      await commits.run(() => {
        insert.run(timeOrderedId(), 'git.pushed', 'github/acme/app', Date.now(), json);
        return 0;
      });
    },
    async close() {
      database.close();
    },
  };
}
