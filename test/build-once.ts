import { build } from '../scripts/build.mjs';

/**
 * Makes dist/ current before the first test: the tests that start a daemon or a worker thread run
 * what users run. Types are a check of their own in `npm test`, so they are not checked here.
 */
export async function setup(): Promise<void> {
  await build({ checkTypes: false });
}
