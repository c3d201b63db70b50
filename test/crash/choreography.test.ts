import { expect, test } from 'vitest';
import { loadWasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { seeds } from '../simulation/seeds.ts';
import { killedStory, loadChoreographies, WHOLE } from './choreography-kills.ts';

const SEEDS = 5;

test('each rule answers each event exactly once, wherever the process dies', async () => {
  const parts = { sqlite: await loadWasmSqlite(), configuration: await loadChoreographies() };
  let kills = 0;
  for (const seed of seeds(SEEDS)) {
    const story = await killedStory(seed, parts);
    kills += story.kills;
    const whole = { 'c-1': WHOLE, 'c-2': WHOLE, 'c-3': WHOLE };
    const { instances, repeated, sound } = story;
    expect({ seed, instances, repeated, sound }).toEqual({
      seed,
      instances: whole,
      repeated: [],
      sound: true,
    });
  }
  expect(kills).toBeGreaterThan(SEEDS);
});
