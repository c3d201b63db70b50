import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { PURE_ROOMS } from './scripts/pure-rooms.mjs';
import { builtThreads } from './test/built-threads.ts';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  plugins: [builtThreads],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // One more than there are processors, since many tests wait for what they have started.
    maxWorkers: availableParallelism() + 1,
    // Every wait in a test ends by a signal; these only say when to give up on one that never comes,
    // far beyond what the longest test needs on a machine with much else to do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 10_000,
    // A property that fails must print the seed that repeats it, whole.
    chaiConfig: { truncateThreshold: 0 },
    coverage: {
      provider: 'v8',
      include: PURE_ROOMS.map((room) => `src/${room}/**/*.ts`),
      // These drive the machine: their tests are of what it does, not of each branch.
      exclude: ['src/std/{process*,running-command,command,captured-output}.ts'],
      reporter: ['text'],
      skipFull: true,
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
