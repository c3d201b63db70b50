import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { flipBits, growSpecimen } from '../simulation/log/bit-flips.ts';

const directory = mkdtempSync(join(tmpdir(), 'signalbox-flips-'));
let sqlite: WasmSqlite;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
});

afterAll(() => rmSync(directory, { recursive: true }));

test('no bit flipped in a closed database changes an answer silently', async () => {
  const specimen = await growSpecimen(sqlite, {
    witnessPath: join(directory, 'closed'),
    ending: 'close',
  });
  const tally = await flipBits(sqlite, specimen, {
    name: 'signalbox.db',
    count: 700,
    random: seededRandom(1),
  });

  expect(tally.silent).toEqual([]);
  expect(tally.named).toBeGreaterThan(400);
  expect(tally.harmless).toBeGreaterThan(0);
});

test('no bit flipped in the WAL that a kill left behind changes an answer silently', async () => {
  const specimen = await growSpecimen(sqlite, {
    witnessPath: join(directory, 'killed'),
    ending: 'kill',
  });
  const tally = await flipBits(sqlite, specimen, {
    name: 'signalbox.db-wal',
    count: 300,
    random: seededRandom(2),
  });

  expect(tally.silent).toEqual([]);
  expect(tally.refused).toBeGreaterThan(200);
});
