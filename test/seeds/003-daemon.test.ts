import { expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const CONFIGURATION = `
sources:
  - { type: schedule, cron: "0 9 * * MON", handler: weekly-summary }
handlers:
  weekly-summary: { run: [echo, "weekly since {last_run}"] }
`;

test('"daemon status", "daemon trigger --handler", "daemon history --limit 50"', async () => {
  const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
  const { end } = await startDaemon(folder);
  const status = await signalbox(folder, ['daemon', 'status']);
  expect(status.stdout).toMatch(/^source +schedule:weekly-summary, running$/m);
  const words = ['daemon', 'trigger', '--handler', 'weekly-summary', '--wait'];
  expect((await signalbox(folder, words)).code).toBe(0);
  expect(await signalboxJson(folder, ['daemon', 'history', '--limit', '1'])).toMatchObject({
    items: [{ type: 'manual.triggered' }],
  });
  expect(await end()).toBe(0);
});
