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

test.each([
  { ending: 'close', name: 'signalbox.db', count: 10_000 },
  { ending: 'kill', name: 'signalbox.db-wal', count: 5_000 },
] as const)('none of $count bits flipped in $name changes an answer silently', async (flips) => {
  const witnessPath = join(directory, flips.ending);
  const specimen = await growSpecimen(sqlite, { witnessPath, ending: flips.ending });
  const tally = await flipBits(sqlite, specimen, { ...flips, random: seededRandom(100) });

  expect(tally.silent).toEqual([]);
});
