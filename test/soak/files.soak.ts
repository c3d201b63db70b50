import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppendResult, Store, Unit } from '../../src/store/contract.ts';
import { openDirectoryStore } from '../../src/store/sqlite/store.ts';

const CYCLES = 50;
const DISK_MIB = 8;
const BALLAST_BYTES = 6 * 1_048_576;
const RESUME_MS_MAX = 5_000;
const MOUNT = 'mount';
const UNMOUNT = 'umount';
const WORKER = new URL('../../dist/store/sqlite/worker.js', import.meta.url);

const disk = mkdtempSync(join(tmpdir(), 'signalbox-full-'));
let mounted: boolean;

beforeAll(() => {
  const argv = ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk];
  mounted = spawnSync(MOUNT, argv).status === 0;
});

afterAll(() => {
  if (mounted) spawnSync(UNMOUNT, [disk]);
  rmSync(disk, { recursive: true });
});

test(`${CYCLES} times, a disk fills up and a store works on when it has space`, async () => {
  expect(mounted, 'this soak needs the right to mount a tmpfs').toBe(true);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const directory = join(disk, 'data');
    mkdirSync(directory);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(BALLAST_BYTES));
    const acknowledged = await fillUp(await openDirectoryStore(directory, WORKER));

    const store = await openDirectoryStore(directory, WORKER);
    expect(store.head()).toBe(acknowledged);
    const report = await store.verify({ deep: true, progress: () => undefined });
    expect(report).toEqual({ events: acknowledged, firstBad: null });
    await store.close({ clean: true });
    rmSync(directory, { recursive: true });
  }
});

/** Appends until the disk is full, makes space, goes on, and resolves to what was acknowledged. */
async function fillUp(store: Store): Promise<number> {
  let acknowledged = 0;
  let answer: AppendResult['kind'];
  do {
    ({ kind: answer } = await store.append(anEvent()));
    if (answer === 'appended') acknowledged++;
  } while (answer === 'appended');
  expect(answer).toBe('full');
  await expect(store.read({ after: acknowledged - 1, limit: 9 })).resolves.toHaveLength(1);

  rmSync(join(disk, 'ballast'));
  const freed = performance.now();
  await expect(store.append(anEvent())).resolves.toMatchObject({ kind: 'appended' });
  expect(performance.now() - freed).toBeLessThan(RESUME_MS_MAX);
  await store.close();
  return acknowledged + 1;
}

function anEvent(): Unit {
  const record = {
    type: 'thing.happened',
    version: 1,
    source: 'tests',
    id: null,
    subject: null,
    received: 1,
    correlation: null,
    causation: null,
    hops: 0,
    attributes: null,
    data: JSON.stringify({ filler: 'x'.repeat(1_000) }),
  };
  return { writes: [{ kind: 'event', record }] };
}
