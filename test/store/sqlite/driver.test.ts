import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { loadDriver, nodeSqliteIsFit } from '../../../src/store/sqlite/driver.ts';

const DRIVER = new URL('../../../dist/store/sqlite/driver.js', import.meta.url);

test.each([
  { node: '20.20.2', sqlite: undefined, why: 'has none', fit: false },
  { node: '22.23.3', sqlite: '3.51.3', why: 'calls it an experiment', fit: false },
  { node: '24.14.1', sqlite: '3.51.2', why: 'has one that corrupts data', fit: false },
  { node: '24.15.0', sqlite: '3.51.3', why: 'has one that does not', fit: true },
  { node: '26.0.0', sqlite: '4.0.0', why: 'has a later one', fit: true },
])('the SQLite of Node $node is used: $fit, since it $why', ({ node, sqlite, fit }) => {
  expect(nodeSqliteIsFit({ node, sqlite })).toBe(fit);
});

test('the driver of this Node is past the corruption, and says nothing to users', async () => {
  const db = (await loadDriver()).open(':memory:');
  const version = String(db.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  db.close();
  expect(nodeSqliteIsFit({ node: '24.0.0', sqlite: version })).toBe(true);

  const program = `(await (await import('${DRIVER.href}')).loadDriver()).open(':memory:').close()`;
  const argv = ['--input-type=module', '--eval', program];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
