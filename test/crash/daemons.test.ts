import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { expectOneOfEachPair } from './rivals.ts';

const PAIRS = 5;

/** F21 of the fault matrix. */
test(`of ${PAIRS} pairs that start at once, one works and the other names it`, async () => {
  const tookMs = await expectOneOfEachPair(PAIRS);
  console.log(`${PAIRS} pairs of daemons: a refusal took ${Math.round(tookMs)} ms at most`);
});

test('who holds the data is named, and not another whose record was left there', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
  const { ready } = await startDaemon(folder);
  const left = { ...ready, pid: process.pid, url: 'http://127.0.0.1:9' };
  writeFileSync(join(ready.data, 'daemon.json'), JSON.stringify(left));
  const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
  expect(code).toBe(75);
  expect(stderr).toContain(`process ${ready.pid}`);
});
