// @ts-check
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './load/statistics.mjs';

/**
 * One measurement of one subject, made in a process of its own, once a round.
 *
 * @typedef {{
 *   name: string;
 *   kind: string;
 *   options: Record<string, string | number>;
 *   keeps?: string;
 *   copies?: string;
 *   once?: boolean;
 *   slow?: boolean;
 *   node?: string;
 * }} Trial
 *   `name` is unique in a run and says what is measured of whom. A trial writes into a new
 *   directory, which may be a copy of a kept one, or into the one it `keeps`, where other trials
 *   find what it wrote; what they need is made `once`, in the first round. With `slow` each sync
 *   takes longer.
 *
 * @typedef {Record<string, number>} Figures
 *
 * @typedef {{ rounds: Figures[]; median: Figures }} Measured
 */

const entry = fileURLToPath(new URL('trial.mjs', import.meta.url));
/** How long one trial may take. */
const TRIAL_MS = 1_800_000;

/** Makes trials, one after the other, and keeps what they gave. */
export class Rounds {
  /** @type {Map<string, Measured>} */
  measured = new Map();
  /** @type {Map<string, string>} what went wrong, by the trial's name */
  failures = new Map();
  #options;

  /**
   * @param {{
   *   directory: string;
   *   dist: string;
   *   slow: Record<string, string> | undefined;
   *   progress: (text: string) => void;
   *   signal: AbortSignal;
   * }} options
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Makes all trials of a round before the next one, every other round backwards, so that what
   * changes on the machine meanwhile meets all of them. A trial that fails is not made again.
   *
   * @param {readonly Trial[]} trials
   * @param {number} rounds
   * @throws {Error} where the signal was aborted
   */
  async make(trials, rounds) {
    for (let round = 1; round <= rounds; round++) {
      const due = trials.filter(({ once = false }) => round === 1 || !once);
      const ordered = round % 2 === 0 ? due.toReversed() : due;
      for (const [index, trial] of ordered.entries()) {
        const at = `${index + 1} of ${due.length}`;
        this.#options.progress(`round ${round} of ${rounds}, ${at}: ${trial.name}`);
        await this.#make(trial);
      }
    }
    for (const measured of this.measured.values()) measured.median = mediansOf(measured.rounds);
  }

  /** @param {Trial} trial */
  async #make(trial) {
    if (this.failures.has(trial.name)) return;
    const directory = join(this.#options.directory, trial.keeps ?? 'trial');
    mkdirSync(directory, { recursive: true });
    try {
      if (trial.copies !== undefined) this.#copy(trial.copies, directory);
      const figures = await this.#spawn(trial, directory);
      const measured = this.measured.get(trial.name) ?? { rounds: [], median: {} };
      measured.rounds.push(figures);
      this.measured.set(trial.name, measured);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      this.failures.set(trial.name, error instanceof Error ? error.message : String(error));
      this.measured.delete(trial.name);
    }
    if (trial.keeps === undefined) rmSync(directory, { recursive: true, force: true });
  }

  /** @param {string} kept @param {string} directory */
  #copy(kept, directory) {
    cpSync(join(this.#options.directory, kept), directory, { recursive: true });
  }

  /**
   * @param {Trial} trial
   * @param {string} directory
   * @returns {Promise<Figures>}
   */
  #spawn({ kind, name, options, slow = false, node = process.execPath }, directory) {
    const { dist, slow: environment, progress, signal } = this.#options;
    const argv = ['--no-warnings', entry, kind, JSON.stringify({ ...options, directory, dist })];
    const env = { ...process.env, ...(slow ? environment : {}) };
    const child = spawn(node, argv, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TRIAL_MS,
      signal,
    });
    const said = { out: '', error: '' };
    child.stdout.on('data', (chunk) => {
      said.out = `${said.out}${chunk}`.slice(-10_000);
    });
    child.stderr.on('data', (chunk) => {
      const [, done, all] = /^progress (\d+) (\d+)$/m.exec(String(chunk)) ?? [];
      if (done === undefined) said.error = `${said.error}${chunk}`.slice(-2_000);
      else progress(`${name}: ${Math.floor((100 * Number(done)) / Number(all))} %`);
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        const figures = said.out.trimEnd().split('\n').at(-1) ?? '';
        if (code === 0) resolve(JSON.parse(figures));
        else reject(new Error(`the trial ended with ${code}: ${said.error.trim()}`));
      });
    });
  }
}

/**
 * @param {readonly Figures[]} rounds
 * @returns {Figures}
 */
function mediansOf([first = {}, ...others]) {
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => [
      name,
      median([value, ...others.flatMap((figures) => figures[name] ?? [])]),
    ]),
  );
}
