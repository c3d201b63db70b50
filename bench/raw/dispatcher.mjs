// @ts-check
import { join } from 'node:path';
import { openRawDatabase, timeOrderedId } from './database.mjs';
import { GroupCommit } from './group-commit.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */
/** @import {Job} from '../load/job.mjs' */

const SCHEMA = `
  CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT, source TEXT,
    time INTEGER, json TEXT);
  CREATE TABLE deliveries (event INTEGER PRIMARY KEY, state INTEGER NOT NULL, due INTEGER);
  CREATE INDEX deliveries_open ON deliveries (due) WHERE state = 0;
  CREATE TABLE steps (event INTEGER, step INTEGER, output TEXT, PRIMARY KEY (event, step))
    WITHOUT ROWID`;

/**
 * The least that a durable dispatcher in one process must do on the same driver: event and delivery
 * in one group commit, the handler from memory, each step's output and the completion in later
 * ones. A reference point, no product: no log to prove, no matching, no retries, no recovery.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openRawDispatcher({ directory, dist, steps, onStart, onDone }) {
  const database = await openRawDatabase(dist, join(directory, 'raw.db'));
  database.exec(SCHEMA);
  const write = prepareWrites(database);
  const commits = new GroupCommit(database);

  /** @param {Job} job @param {number} event */
  const handle = async (job, event) => {
    onStart();
    let output = job.n;
    for (let step = 0; step < steps; step++) {
      output += 1;
      await commits.run(() => write.step(event, step, String(output)));
    }
    await commits.run(() => write.completion(event));
    onDone();
  };
  /** @param {Job} job */
  const accept = async (job) => {
    const json = JSON.stringify(job);
    void handle(job, await commits.run(() => write.event(json)));
  };
  return {
    accept,
    acceptMany: (jobs) => Promise.all(jobs.map(accept)),
    close: async () => database.close(),
  };
}

/** @param {import('./group-commit.mjs').Database} database */
function prepareWrites(database) {
  const event = database.prepare(
    'INSERT INTO events (seq, id, type, source, time, json) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const delivery = database.prepare('INSERT INTO deliveries VALUES (?, 0, ?)');
  const step = database.prepare('INSERT INTO steps VALUES (?, ?, ?)');
  const completion = database.prepare('UPDATE deliveries SET state = 1 WHERE event = ?');
  let seq = 0;
  return {
    /** @param {string} json */
    event(json) {
      const now = Date.now();
      seq += 1;
      event.run(seq, timeOrderedId(), 'git.pushed', 'github/acme/app', now, json);
      delivery.run(seq, now);
      return seq;
    },
    /** @param {number} of @param {number} index @param {string} output */
    step: (of, index, output) => Number(step.run(of, index, output).changes),
    /** @param {number} of */
    completion: (of) => Number(completion.run(of).changes),
  };
}
