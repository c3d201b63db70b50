import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { anySpace, spaceOf } from '../../src/std/free-space.ts';
import { mountSmallDisk } from '../fixtures/small-disk.ts';

test('a disk says how large it is, and how much of it is free', async () => {
  const { free, all } = await spaceOf(tmpdir())();
  expect(all).toBeGreaterThan(0);
  expect(free).toBeGreaterThan(0);
  expect(free).toBeLessThanOrEqual(all);
});

test('what is written to it is not free any more', async () => {
  const disk = mountSmallDisk(8 * 1_048_576);
  if (disk === undefined) return;
  const measure = spaceOf(disk.path);
  expect(await measure()).toEqual({ free: 8 * 1_048_576, all: 8 * 1_048_576 });
  disk.fill(6 * 1_048_576);
  expect(await measure()).toEqual({ free: 2 * 1_048_576, all: 8 * 1_048_576 });
});

test('a folder that is not there has no disk', async () => {
  await expect(spaceOf('/nowhere/at/all')()).rejects.toThrow('ENOENT');
});

test('what is on no disk has as much space as anybody wants', async () => {
  const { free, all } = await anySpace();
  expect(free).toBe(Number.MAX_SAFE_INTEGER);
  expect(all).toBe(Number.MAX_SAFE_INTEGER);
});
