// @ts-check
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Counter } from '../load/counter.mjs';
import { directoryBytes, writtenBytes } from '../load/disk-usage.mjs';
import { makeJob, makePayload } from '../load/job.mjs';
import { flowOf, openEngine } from '../signalbox/engine.mjs';

/** @import {Signalbox} from '../signalbox/engine.mjs' */
/** @typedef {Parameters<Signalbox['store']['append']>[0]} Unit */

const PRODUCERS = 64;

/**
 * What an event leaves on the disk, with the run of `steps` steps that it starts, or with none.
 *
 * @param {{ directory: string; dist: string; steps: number; events: number }} options
 */
export async function measureFootprint({ directory, dist, steps, events }) {
  const flows = [flowOf('work', { on: steps > 0 ? 'job.requested' : 'other', steps: steps || 1 })];
  const box = await openEngine({ directory, dist }, { flows });
  const rows = countRows(box);
  const done = new Counter();
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.succeeded') done.add();
  });
  const written = writtenBytes();
  await emitAll(box, events, steps > 0 ? (n) => JSON.stringify(makeJob(n)) : makePayload);
  if (steps > 0) await done.reaches(events);
  await box.stop();

  const data = join(directory, 'data');
  const commits = await countCommits(dist, join(data, 'signalbox.db'));
  return {
    disk_bytes: directoryBytes(data) / events,
    written_bytes: (writtenBytes() - written) / events,
    log_rows: rows.log / events,
    run_rows: rows.runs / events,
    other_rows: (rows.checkpoints + commits) / events,
  };
}

/**
 * Counts what the store is told to write. The chain's rows are not among it: there is one a commit.
 *
 * @param {Signalbox} box
 */
function countRows({ store }) {
  const rows = { log: 0, runs: 0, checkpoints: 0 };
  const append = store.append.bind(store);
  store.append = (/** @type {Unit} */ unit) => {
    rows.log += unit.writes.length;
    rows.runs += unit.writes.filter(({ kind }) => kind !== 'event').length;
    if (unit.checkpoint !== undefined) rows.checkpoints += 1;
    return append(unit);
  };
  return rows;
}

/**
 * @param {Signalbox} box
 * @param {number} total
 * @param {(n: number) => string} payload
 */
async function emitAll(box, total, payload) {
  let n = 0;
  const call = async () => {
    while (n < total) {
      n += 1;
      await box.emit({ type: 'job.requested', source: 'bench', data: payload(n) });
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, call));
}

/**
 * @param {string} dist
 * @param {string} path
 */
async function countCommits(dist, path) {
  const module = pathToFileURL(join(dist, 'store', 'sqlite', 'driver.js')).href;
  const { loadDriver } = await import(module);
  const database = (await loadDriver()).open(path);
  const row = database.prepare('SELECT count(*) AS commits FROM segments').get();
  database.close();
  return Number(row.commits);
}
