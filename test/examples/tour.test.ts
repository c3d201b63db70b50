import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { freePort } from '../fixtures/free-port.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const HOOKS = 'http://127.0.0.1:8766/hooks/deploy';

/** The tour on ports of its own, beside the quickstart whose scripts it uses. */
async function copyTour(): Promise<string> {
  const folder = makeFolder();
  for (const name of ['tour', 'quickstart']) {
    cpSync(join(EXAMPLES, name), join(folder, name), { recursive: true });
  }
  const tour = join(folder, 'tour');
  for (const name of ['.signalbox', 'greetings.log', 'notes/latest.md']) {
    rmSync(join(tour, name), { recursive: true, force: true });
  }
  const port = await freePort();
  const file = join(tour, 'signalbox.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(HOOKS);
  writeFileSync(file, text.replaceAll(':8766/', `:${port}/`));
  appendFileSync(file, `\nwebhook_port: ${port}\n`);
  return tour;
}

describe('the tour', () => {
  test('has nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(await copyTour(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '5 flows, nothing found.\n' });
  });

  test('shows within a minute a schedule, a file and a signed webhook become runs', async () => {
    const folder = await copyTour();
    const { logged } = await startDaemon(folder);
    await logged(/run succeeded.* flow=greet/);
    const flows = ['on-schedule', 'on-note', 'on-deploy'];
    await Promise.all(flows.map((flow) => logged(new RegExp(`run succeeded.* flow=${flow}`))));
    const title = expect.stringMatching(/^# 2\d{3}-/) as string;
    expect(await signalboxJson(folder, ['runs', '--flow', 'on-note'])).toMatchObject({
      items: [{ state: 'succeeded', steps: [{ id: 'read', output: { titles: [title] } }] }],
    });
    expect(await signalboxJson(folder, ['sources'])).toMatchObject({
      items: [{ state: 'running' }, { state: 'running' }, { state: 'running' }],
    });
  });
});
