// @ts-check
import { work } from '../plan.mjs';

/** @import {Results} from '../plan.mjs' */
/** @import {Line} from '../report/line.mjs' */

const STEPS = [1, 3];

/**
 * What an event with its run leaves on the disk. No goal, but the reason for most of the others.
 *
 * @type {import('../plan.mjs').Row}
 */
export const footprint = {
  key: 'disk',
  title: 'An event of 420 bytes with its run: bytes and rows',
  trials: (plan) =>
    STEPS.map((steps) => ({
      name: `footprint ${steps}`,
      kind: 'footprint',
      options: { steps, events: work(plan, 30_000) },
    })),
  lines: (results) => STEPS.flatMap((steps) => linesOf(results, steps)),
};

/** @param {Results} results @param {number} steps @returns {Line[]} */
function linesOf(results, steps) {
  const figures = results(`footprint ${steps}`);
  if (figures === undefined) return [];
  const { disk_bytes = 0, written_bytes = 0, log_rows = 0, run_rows = 0, other_rows = 0 } = figures;
  const run = steps === 1 ? 'one-step run' : `${steps}-step run`;
  return [
    { label: `${run}: bytes on disk`, figure: disk_bytes, unit: 'B' },
    { label: `${run}: bytes written, WAL and checkpoints`, figure: written_bytes, unit: 'B' },
    { label: `${run}: rows of the log`, figure: log_rows, unit: 'rows' },
    { label: `${run}: rows of runs, inserted or updated`, figure: run_rows, unit: 'rows' },
    { label: `${run}: rows of chain and checkpoint`, figure: other_rows, unit: 'rows' },
  ];
}
