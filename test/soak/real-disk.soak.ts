import { expect, test } from 'vitest';
import { tellStory } from '../crash/real-disk.ts';
import { endingHere, frequency } from '../crash/writer-endings.ts';
import { loadWasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { seedFailure, seedIsChosen, seeds } from '../simulation/seeds.ts';

const FILE = '--config vitest.soak.config.ts test/soak/real-disk.soak.ts';
/** Other seeds than those of `npm test`. */
const FIRST_SEED = 100_000;
const CUTS = 200;
const LIVES = 5;
/** Stories end early where a writer came to the end of its units. */
const STORIES = 80;
const CONTROLS = 40;

test(`${CUTS} power cuts of a real disk lose nothing acknowledged`, async () => {
  const ending = endingHere();
  expect(ending.name, 'this soak needs the right to mount disks').toBe('a power cut');
  const sqlite = await loadWasmSqlite();
  let cuts = 0;
  for (const seed of seeds(STORIES, FIRST_SEED)) {
    const { problem, endings } = await tellStory(sqlite, { seed, ending, lives: LIVES });
    expect(problem && seedFailure(seed, problem, FILE)).toBeUndefined();
    cuts += endings;
    if (cuts >= CUTS) break;
  }
  if (seedIsChosen) return;
  expect(cuts).toBeGreaterThanOrEqual(CUTS);
});

test('most of them lose something where the store does not wait for the disk', async () => {
  const ending = endingHere();
  const sqlite = await loadWasmSqlite();
  const controls = seeds(CONTROLS, FIRST_SEED);
  let losses = 0;
  for (const seed of controls) {
    const { problem } = await tellStory(sqlite, { seed, ending, synchronous: 'NORMAL' });
    if (problem !== undefined) losses++;
  }
  expect(frequency(losses, controls.length)).toBe('most times');
});
