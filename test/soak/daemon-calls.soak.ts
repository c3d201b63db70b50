import { expect, test } from 'vitest';
import { besiege } from '../crash/siege.ts';

const FILE = '--config vitest.soak.config.ts test/soak/daemon-calls.soak.ts';
/** How far the calls lie apart at which a daemon dies: 1 is each of them. */
const STRIDE = Number(process.env['STRIDE'] ?? 1);
/**
 * What writes to the disk, makes it durable, and sends to clients and targets. Which of the two
 * syncs is called is a matter of how SQLite was built.
 */
const CALLS = ['pwrite64', 'fsync,fdatasync', 'ftruncate', 'unlink', 'rename', 'writev', 'write'];

/** F2 of the fault matrix, with a whole daemon; `syscalls.soak.ts` has the store alone. */
test.each(CALLS)('a daemon that dies at any %s loses and repeats nothing', async (calls) => {
  const report = await besiege({ seed: 1, file: FILE }, async (siege) => {
    let nth = 1;
    while (await siege.killAtCall(calls, nth)) nth += STRIDE;
  });
  expect(report.kills).toBeGreaterThan(0);
});
