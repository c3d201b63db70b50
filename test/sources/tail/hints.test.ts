import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileHints, POLL_MS } from '../../../src/sources/tail/hints.ts';
import { SystemClock } from '../../../src/std/clock.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { until } from '../../server/until.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-hints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a look at a file', () => {
  test('is worth it when the file changes, also where its clock stands still', async () => {
    const path = join(newFolder(), 'event.log');
    const clock = new SimulatedClock();
    const hints = new FileHints(path, clock);
    onTestFinished(() => hints.stop());
    const waited = hints.wait();
    await until(() => clock.untilNext());
    writeFileSync(path, 'x');
    await expect(waited).resolves.toBeUndefined();
  });

  test('is worth it after a while where nothing says so: its folder is not there', async () => {
    const clock = new SimulatedClock();
    const hints = new FileHints(join(newFolder(), 'later', 'event.log'), clock);
    let looked = false;
    const waited = hints.wait().then(() => (looked = true));
    await until(() => clock.untilNext());
    clock.advance(POLL_MS - 1);
    await Promise.resolve();
    expect(looked).toBe(false);
    clock.advance(1);
    await waited;
    hints.stop();
  });

  test('is worth it at once where a hint came while nobody waited, or nobody will', async () => {
    const hints = new FileHints(join(newFolder(), 'event.log'), new SystemClock());
    hints.hint();
    await expect(hints.wait()).resolves.toBeUndefined();
    const waited = hints.wait();
    hints.stop();
    await expect(waited).resolves.toBeUndefined();
  });
});
