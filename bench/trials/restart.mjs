// @ts-check
import { join } from 'node:path';
import { startDaemon } from '../signalbox/daemon.mjs';
import { leaveWaitingRuns } from '../signalbox/limited-flows.mjs';

/**
 * When a daemon is ready that finds runs which wait.
 *
 * @param {{ directory: string; dist: string; runs: number }} options
 */
export async function measureRestart({ directory, dist, runs }) {
  const config = await leaveWaitingRuns({ directory, dist, runs });
  const daemon = await startDaemon({ dist, config, data: join(directory, 'data') });
  const stats = /** @type {{ runs: { waiting: number } }} */ (await daemon.get('/api/v1/stats'));
  await daemon.stop();
  const { waiting } = stats.runs;
  if (waiting !== runs) throw new Error(`Of ${runs} runs ${waiting} wait after the start.`);
  return { ready_s: daemon.readyS };
}
