// @ts-check
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flowOf, openEngine } from '../signalbox/engine.mjs';
import { FOLDERS, makeTree, watchedBy } from '../signalbox/watched-tree.mjs';

/** @import {Signalbox} from '../signalbox/engine.mjs' */

const DEBOUNCE_MS = 20;
const SAMPLES = 60;
const BURST = 5_000;
const NEW_FOLDERS = 100;
const IN_EACH = 10;
/** What was not told by then counts as lost. */
const PATIENCE_MS = 15_000;

/**
 * How long one change takes until its event is durable, and how many files are never told of when
 * 5,000 are written in one turn of the loop together with 100 new folders of ten.
 *
 * @param {{ directory: string; dist: string; files: number; runs: number }} options
 */
export async function measureFiles({ directory, dist, files, runs }) {
  const root = join(directory, 'tree');
  makeTree(root, files);
  const flows = [flowOf('never', { on: 'never', steps: 1 })];
  const box = await openEngine(
    { directory, dist },
    { flows, sources: [watchedBy(root, DEBOUNCE_MS)] },
  );
  const told = new Told(box);
  const latencies = await timeChanges(root, told);
  let lost = 0;
  for (let run = 0; run < runs; run += 1) lost += await countLost(root, told);
  await box.stop();
  return { change_p50_ms: latencies[SAMPLES / 2] ?? 0, lost };
}

/** The changes that were told of, by the names of their files. */
class Told {
  /** @type {Map<string, number>} */
  #at = new Map();

  /** @param {Signalbox} box */
  constructor({ store }) {
    store.onCommitted((records) => {
      for (const { type, data } of records) if (type === 'file.changed') this.#note(data);
    });
  }

  forget() {
    this.#at.clear();
  }

  /**
   * When each was told of; undefined for those that never were.
   *
   * @param {readonly string[]} names
   */
  async of(names) {
    const begun = performance.now();
    const isComplete = () => names.every((name) => this.#at.has(name));
    while (!isComplete() && performance.now() - begun < PATIENCE_MS) await delay(1);
    return names.map((name) => this.#at.get(name));
  }

  /** @param {string} data */
  #note(data) {
    const now = performance.now();
    /** @type {{ files: string[] }} */
    const { files } = JSON.parse(data);
    for (const file of files) this.#at.set(file.slice(file.lastIndexOf('/') + 1), now);
  }
}

/**
 * @param {string} root
 * @param {Told} told
 */
async function timeChanges(root, told) {
  const latencies = [];
  for (let n = 0; n < SAMPLES; n += 1) {
    const name = `one-${n}.txt`;
    const begun = performance.now();
    writeFileSync(join(root, `d${n % FOLDERS}`, name), 'x');
    const [at = Number.POSITIVE_INFINITY] = await told.of([name]);
    latencies.push(at - begun);
  }
  return latencies.toSorted((a, b) => a - b);
}

/**
 * @param {string} root
 * @param {Told} told
 */
async function countLost(root, told) {
  told.forget();
  const fresh = join(root, 'fresh');
  const names = [];
  const paths = [];
  for (let n = 0; n < BURST; n += 1) {
    names.push(`burst-${n}.txt`);
    paths.push(join(root, `d${n % FOLDERS}`, `burst-${n}.txt`));
  }
  for (let n = 0; n < NEW_FOLDERS; n += 1) {
    const folder = join(fresh, `n${n}`, 'deep');
    mkdirSync(folder, { recursive: true });
    for (let k = 0; k < IN_EACH; k += 1) {
      names.push(`fresh-${n}-${k}.txt`);
      writeFileSync(join(folder, `fresh-${n}-${k}.txt`), 'x');
    }
  }
  for (const path of paths) writeFileSync(path, 'x');
  const lost = (await told.of(names)).filter((at) => at === undefined).length;
  told.forget();
  for (const path of paths) rmSync(path);
  rmSync(fresh, { recursive: true });
  await told.of(names);
  return lost;
}
