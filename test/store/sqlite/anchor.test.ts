import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { event } from '../conformance/units.ts';

const ALL = [
  ['removed', (path: string) => rmSync(path, { recursive: true })],
  ['renamed', (path: string) => renameSync(path, `${path}-away`)],
  [
    'replaced',
    (path: string) => {
      renameSync(path, `${path}-away`);
      mkdirSync(path);
      writeFileSync(join(path, 'signalbox.db'), '');
    },
  ],
] as const;

test.each(ALL)('nothing is acknowledged into a database that was %s', async (_what, takeAway) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-anchor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, 'data');
  mkdirSync(directory);
  const store = await openSqliteStore({
    path: join(directory, 'signalbox.db'),
    lockPath: join(directory, 'lock.db'),
    driver: await loadDriver(),
    clock: new SystemClock(),
  });
  expect(await store.append({ writes: [event()] })).toMatchObject({ kind: 'appended' });
  takeAway(directory);
  const late = store.append({ writes: [event()] });
  await expect(late).rejects.toThrow('was removed or replaced while it was in use');
  await store.close();
});
