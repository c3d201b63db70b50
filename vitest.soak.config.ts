import { defineConfig } from 'vitest/config';
import { builtThreads } from './test/built-threads.ts';

/** `npm run soak`: the same invariants as `npm test`, for hours where that takes minutes. */
export default defineConfig({
  plugins: [builtThreads],
  test: {
    include: ['test/soak/**/*.soak.ts'],
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    // One at a time: a soak measures the machine, and is measured by it.
    fileParallelism: false,
    // The times that are promised hold here as they are, and in `npm test` many times over.
    env: { SIGNALBOX_SOAK: '1' },
    testTimeout: 4 * 3_600_000,
    hookTimeout: 60_000,
  },
});
