// @ts-check
// `npm run bench`: measures what the README claims, row by row of the table of goals in
// docs/reference/performance.md. `npm run bench -- --help` lists the options.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseOptions, USAGE } from './command-line.mjs';
import { findPeers, installPeers } from './peers/peers.mjs';
import { machineOf } from './report/machine.mjs';
import { verdictOf } from './report/line.mjs';
import { rowText } from './report/text.mjs';
import { Rounds } from './rounds.mjs';
import { bulk } from './rows/bulk.mjs';
import { durableEmit } from './rows/durable-emit.mjs';
import { each } from './rows/each.mjs';
import { eventLoop } from './rows/event-loop.mjs';
import { files } from './rows/files.mjs';
import { firstLatency } from './rows/first-latency.mjs';
import { footprint } from './rows/footprint.mjs';
import { gates } from './rows/gates.mjs';
import { growth } from './rows/growth.mjs';
import { idleDaemon } from './rows/idle-daemon.mjs';
import { limits } from './rows/limits.mjs';
import { oneStep } from './rows/one-step.mjs';
import { slowDisk } from './rows/slow-disk.mjs';
import { threeSteps } from './rows/three-steps.mjs';
import { waits } from './rows/waits.mjs';
import { lostWebhooks, webhooks } from './rows/webhooks.mjs';
import { windows } from './rows/windows.mjs';
import { slowSyncEnvironment } from './slow-sync.mjs';

/** @import {Options} from './command-line.mjs' */
/**
 * @import {
 *   Plan,
 *   Row
 * } from './plan.mjs'
 */
/** @import {Trial} from './rounds.mjs' */

/** @type {readonly Row[]} */
const ROWS = [
  durableEmit,
  oneStep,
  bulk,
  slowDisk,
  firstLatency,
  webhooks,
  lostWebhooks,
  threeSteps,
  idleDaemon,
  growth,
  eventLoop,
  limits,
  each,
  files,
  footprint,
  waits,
  windows,
  gates,
];

/**
 * Makes the trials of the rows that are asked for, and reads off what they say.
 *
 * @param {Options} options
 * @param {{ directory: string; signal: AbortSignal }} run
 */
async function bench(options, { directory, signal }) {
  if (options.install) installPeers();
  const { found: peers, missing: notes } = options.peers ? findPeers() : { found: [], missing: [] };
  const slow = slowSyncEnvironment(directory);
  if (slow === undefined)
    notes.push('Rows 4 and 11 are left out: they need Linux and a C compiler.');
  const { dist, large, quick } = options;
  const plan = { peers, large, quick, slow: slow !== undefined };
  const rows = rowsOf(options);

  const rounds = new Rounds({ directory, dist, slow, progress, signal });
  const before = machineOf();
  await rounds.make(trialsOf(rows, plan), options.rounds);
  const results = (/** @type {string} */ name) => rounds.measured.get(name)?.median;
  return {
    machine: { ...before, load_after: machineOf().load },
    rows: rows.map(({ key, title, lines }) => {
      const judged = lines(results, plan).map((line) => ({ ...line, verdict: verdictOf(line) }));
      return { key, title, lines: judged };
    }),
    trials: Object.fromEntries(rounds.measured),
    failures: Object.fromEntries(rounds.failures),
    notes,
  };
}

/**
 * @param {Options} options
 * @throws {Error} naming a row that there is not
 */
function rowsOf({ rows: wanted }) {
  const unknown = wanted?.find((key) => !ROWS.some((row) => row.key === key));
  if (unknown === undefined) return ROWS.filter(({ key }) => wanted?.includes(key) ?? true);
  throw new Error(`There is no row ${unknown}; there are ${ROWS.map(({ key }) => key).join(' ')}.`);
}

/**
 * The trials that the rows need: each once, and first what others need to be there.
 *
 * @param {readonly Row[]} rows
 * @param {Plan} plan
 * @returns {Trial[]}
 */
function trialsOf(rows, plan) {
  const trials = rows.flatMap((row) => row.trials(plan));
  const byName = new Map(trials.map((trial) => [trial.name, trial]));
  const isFirst = ({ once = false }) => (once ? 0 : 1);
  return [...byName.values()].toSorted((a, b) => isFirst(a) - isFirst(b));
}

/** @param {string} text */
function progress(text) {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
}

/**
 * @typedef {Awaited<ReturnType<typeof bench>>} Report
 * @param {Report} report
 * @param {Options} options
 */
function print(report, { json, rounds, quick }) {
  if (process.stderr.isTTY) progress('');
  if (json) return void process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  const { node, cpus, model, load, load_after: after } = report.machine;
  const made = quick ? 'quick, so that the figures mean nothing' : `medians of ${rounds} rounds`;
  const texts = [
    `Node ${node}, ${cpus} x ${model}, load ${load} before and ${after} after; ${made}`,
    ...report.rows.map(rowText),
    ...Object.entries(report.failures).map(([name, reason]) => `${name} failed: ${reason}`),
    ...report.notes,
  ];
  process.stdout.write(`${texts.join('\n\n')}\n`);
}

/** Measures and prints; 1 where a floor was missed or a trial failed. */
async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(`${USAGE}\n`);
  const directory = join(options.directory, `bench-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort());
  try {
    const report = await bench(options, { directory, signal: stopping.signal });
    print(report, options);
    const missed = report.rows.some(({ lines }) => lines.some((line) => line.verdict === 'missed'));
    const failed = Object.keys(report.failures).length > 0;
    if (failed || (missed && !options.quick)) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
