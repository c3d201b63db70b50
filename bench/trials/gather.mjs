// @ts-check
import { gatherEvents, openLimitedFlows, passEvents } from '../signalbox/limited-flows.mjs';

/**
 * Events that join open windows, from the first emit until the router has them all, and as many
 * that no flow wants.
 *
 * @param {{ directory: string; dist: string; keys: number; events: number }} options
 */
export async function measureGathering({ directory, dist, keys, events }) {
  const { box } = await openLimitedFlows({ directory, dist, limit: 'none', onDone: () => {} });
  await passEvents(box, Math.ceil(events / 4));
  const passed = await perSecond(events, () => passEvents(box, events));
  await gatherEvents(box, { events: keys, keys });
  const gathered = await perSecond(events, () => gatherEvents(box, { events, keys }));
  await box.stop();
  return { gathered_per_s: gathered, passed_per_s: passed };
}

/**
 * @param {number} events
 * @param {() => Promise<void>} work
 */
async function perSecond(events, work) {
  const begun = performance.now();
  await work();
  return (events / (performance.now() - begun)) * 1_000;
}
