// @ts-check
import { endWaits, openWaitingFlows, passSignals } from '../signalbox/waiting-flows.mjs';

/**
 * Events of a type that so many runs wait for, by keys that none of them waits for; and then how
 * fast each of these runs gets its own event and ends.
 *
 * @param {{ directory: string; dist: string; waits: number; events: number }} options
 */
export async function measureWaits({ directory, dist, waits, events }) {
  const box = await openWaitingFlows({ directory, dist, waits });
  await passSignals(box, Math.ceil(events / 4));
  const passed = await perSecond(events, () => passSignals(box, events));
  const ended = await perSecond(waits, () => endWaits(box, waits));
  await box.stop();
  return { passed_per_s: passed, ended_per_s: ended };
}

/**
 * @param {number} amount
 * @param {() => Promise<void>} work
 */
async function perSecond(amount, work) {
  const begun = performance.now();
  await work();
  return (amount / (performance.now() - begun)) * 1_000;
}
