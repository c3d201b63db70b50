import { beforeAll, describe, expect, test } from 'vitest';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { tellStory } from './real-disk.ts';
import { endingHere, frequency } from './writer-endings.ts';

const FILE = 'test/crash/real-disk.test.ts';
const STORIES = 2;
const LIVES = 3;
const CONTROLS = 5;

const ending = endingHere();
let sqlite: WasmSqlite;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
});

describe(`a writer on a real ext4 disk, after ${ending.name}`, () => {
  test.each(seeds(STORIES))(
    'has lost nothing acknowledged, time and again: seed %i',
    async (seed) => {
      const { problem, endings, acknowledged } = await tellStory(sqlite, {
        seed,
        ending,
        lives: LIVES,
      });

      expect(problem && seedFailure(seed, problem, FILE)).toBeUndefined();
      expect(endings).toBeGreaterThan(1);
      expect(acknowledged).toBeGreaterThan(endings);
    },
  );

  test(`has lost something ${ending.losesUnsynced} where it does not wait for it`, async () => {
    const controls = seeds(CONTROLS);
    let losses = 0;
    for (const seed of controls) {
      const { problem } = await tellStory(sqlite, { seed, ending, synchronous: 'NORMAL' });
      if (problem !== undefined) losses++;
    }
    expect(frequency(losses, controls.length)).toBe(ending.losesUnsynced);
  });
});
