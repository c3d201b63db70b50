// @ts-check
import { openWindows, passClosings } from '../signalbox/gated-flows.mjs';

/**
 * Events of a type that so many open windows look for, by keys that none of them has.
 *
 * @param {{ directory: string; dist: string; windows: number; events: number }} options
 */
export async function measureWindows({ directory, dist, windows, events }) {
  const box = await openWindows({ directory, dist, windows });
  await passClosings(box, Math.ceil(events / 4));
  const begun = performance.now();
  await passClosings(box, events);
  const passed = (events / (performance.now() - begun)) * 1_000;
  await box.stop();
  return { passed_per_s: passed };
}
