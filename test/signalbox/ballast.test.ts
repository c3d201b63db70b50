import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Ballast, ballastBytes } from '../../src/signalbox/ballast.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { Station } from '../routing/station.ts';

test('a ballast that a crash left half made is made whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-ballast-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'ballast');
  writeFileSync(path, Buffer.alloc(1_000));
  const space = { free: 2 ** 30, all: 2 ** 30 };
  const clock = new SimulatedClock();
  const { store } = await Station.open({});
  const ballast = new Ballast({
    path,
    store,
    measureSpace: async () => space,
    isFull: () => false,
    time: new EngineTime(clock, 0),
    clock,
    logger: silentLogger,
  });
  await ballast.start();
  await ballast.look();
  await ballast.stop();
  expect(statSync(path).size).toBe(ballastBytes(space));
});
