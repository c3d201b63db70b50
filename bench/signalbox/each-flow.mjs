// @ts-check
import { openEngine } from './engine.mjs';
import { emitAccepted } from './grown-log.mjs';

/** @import {Subject} from '../subjects.mjs' */

/**
 * Signalbox with a flow that does a step for each item of a list: each job is an event that brings
 * the list, and counts as done when the record of its run's success is durable.
 *
 * @param {{
 *   directory: string;
 *   dist: string;
 *   items: number;
 *   concurrency: number;
 *   onDone: () => void;
 * }} options
 * @returns {Promise<Subject>}
 */
export async function openEachFlow({ directory, dist, items: count, concurrency, onDone }) {
  const each = `each: "\${{ event.data.items }}", concurrency: ${concurrency}, do: [{noop: {}}]`;
  const flows = [`  work: {on: list.given, steps: [{${each}}]}`];
  const box = await openEngine({ directory, dist }, { flows });
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.succeeded') onDone();
  });
  const data = JSON.stringify({ items: Array.from({ length: count }, (_, n) => n) });
  return {
    accept: () => emitAccepted(box, { type: 'list.given', source: 'bench', data }),
    close: () => box.stop(),
  };
}
