// @ts-check
import { makePayload } from '../load/job.mjs';
import { flowOf, openEngine } from './engine.mjs';

/**
 * Signalbox as a log: events that no flow wants, so that nothing but the emit is measured.
 *
 * @param {import('./engine.mjs').Place} place
 */
export async function openSignalboxLog(place) {
  const box = await openEngine(place, { flows: [flowOf('other', { on: 'other', steps: 1 })] });
  const draft = { type: 'git.pushed', source: 'github/acme/app' };
  return {
    /** @param {number} n */
    async emit(n) {
      const { kind } = await box.emit({ ...draft, data: makePayload(n) });
      if (kind !== 'accepted') throw new Error(`An event was ${kind}.`);
    },
    close: () => box.stop(),
  };
}
