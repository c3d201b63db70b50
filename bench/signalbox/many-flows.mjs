// @ts-check
import { openEngine } from './engine.mjs';

/** @import {Subject} from '../subjects.mjs' */

/**
 * Signalbox with many flows, each of which listens to events of its own: one in ten by a prefix,
 * one in five with a condition, as people write them. Each job starts the one run that it means.
 *
 * @param {{ directory: string; dist: string; flows: number; onDone: () => void }} options
 * @returns {Promise<Subject>}
 */
export async function openManyFlows({ directory, dist, flows: count, onDone }) {
  const flows = Array.from({ length: count }, (_, i) => flowWith(i));
  const box = await openEngine({ directory, dist }, { flows });
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.succeeded') onDone();
  });
  return {
    async accept(job) {
      const type = `area${job.n % count}.changed`;
      const { kind } = await box.emit({ type, source: 'bench', data: JSON.stringify(job) });
      if (kind !== 'accepted') throw new Error(`An event was ${kind}.`);
    },
    close: () => box.stop(),
  };
}

/** @param {number} i */
function flowWith(i) {
  return `  flow${i}: {on: ${triggerOf(i)}, steps: [{noop: {}}]}`;
}

/** @param {number} i */
function triggerOf(i) {
  if (i % 10 === 0) return `area${i}.*`;
  if (i % 5 === 1) return `{event: area${i}.changed, where: payload.n >= 0 && !payload.bot}`;
  return `area${i}.changed`;
}
