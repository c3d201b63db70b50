import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The migrations of this version, up to their end. */
const MIGRATIONS = /(?:const|var) MIGRATIONS = \[\s*`[^]*?`(?=,?\s*\];)/;
const NEXT_MIGRATION = ',`CREATE TABLE of_the_future (number INTEGER) STRICT;`';

/** A build of the version to come, whose database has a table more; the words that run it. */
function buildNewer(): string[] {
  const folder = makeFolder();
  for (const name of ['dist', 'package.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const worker = join(folder, 'dist', 'store', 'sqlite', 'worker.js');
  const text = readFileSync(worker, 'utf8');
  expect(text).toMatch(MIGRATIONS);
  writeFileSync(worker, text.replace(MIGRATIONS, `$&${NEXT_MIGRATION}`));
  // Given the node and the program of this version, it runs its own.
  const main = join(folder, 'dist', 'cli', 'main.js');
  return ['sh', '-c', `node=$1; shift 2; exec "$node" '${main}' "$@"`, 'sh'];
}

/** F25 of the fault matrix. */
test('an older version refuses what a newer one wrote, and does no harm to it', async () => {
  const folder = makeFolder({
    'signalbox.yaml': 'flows: { a: { on: x.y, steps: [{ emit: x.z }] } }',
  });
  const newer = { prefix: buildNewer() };
  const old = await startDaemon(folder);
  expect((await signalbox(folder, ['emit', 'x.y', '--wait', '--id', 'first'])).code).toBe(0);
  await old.end('SIGKILL');

  const upgraded = await startDaemon(folder, [], newer);
  expect((await signalbox(folder, ['emit', 'x.y', '--wait', '--id', 'second'])).code).toBe(0);
  await upgraded.end('SIGKILL');

  for (const words of [
    ['up', '--port', '0'],
    ['emit', 'x.y'],
  ]) {
    const { code, stdout, stderr } = await signalbox(folder, words);
    expect({ words, code, stdout }).toEqual({ words, code: 73, stdout: '' });
    expect(stderr).toMatch(/^signalbox: The database has format \d, .* run that newer version/);
  }

  const again = await startDaemon(folder, [], newer);
  const duplicate = await signalbox(folder, ['emit', 'x.y', '--id', 'first', '--json']);
  expect(JSON.parse(duplicate.stdout)).toMatchObject({ duplicate: true });
  expect((await signalbox(folder, ['emit', 'x.y', '--wait'])).code).toBe(0);
  expect(await again.end()).toBe(0);
  const verified = await signalbox(folder, ['verify'], newer);
  expect(verified).toMatchObject({ code: 0 });
});
