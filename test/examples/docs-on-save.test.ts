import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/docs-on-save', import.meta.url));

test('documentation follows the code, also what was saved while nobody watched', async () => {
  const folder = makeFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  expect(await signalbox(folder, ['check', '--strict'])).toMatchObject({
    code: 0,
    stdout: '2 flows, nothing found.\n',
  });
  const first = await startDaemon(folder);
  writeFileSync(join(folder, 'src/kettle.mjs'), '// Boils water.\nexport {};\n');
  const page = join(folder, 'docs/kettle.md');
  await until(() => (existsSync(page) ? true : undefined));
  await new ApiClient(first.ready).quiet();
  await first.end();
  expect(readFileSync(page, 'utf8')).toBe('# kettle\n\nBoils water.\n');

  writeFileSync(join(folder, 'src/cup.mjs'), '// Pours coffee.\nexport {};\n');
  rmSync(join(folder, 'src/kettle.mjs'));
  const second = await startDaemon(folder);
  await until(() => (existsSync(page) ? undefined : true));
  const client = new ApiClient(second.ready);
  const written = await until(async () => (await client.events('docs.written'))[1]);
  expect(written.data).toEqual({ pages: ['docs/cup.md'] });
  expect(readFileSync(join(folder, 'docs/cup.md'), 'utf8')).toBe('# cup\n\nPours coffee.\n');
  await until(async () => ((await client.runs()).length === 3 ? true : undefined));
  await client.quiet();
  const runs = await client.runs();
  expect(runs.map(({ flow, state }) => `${flow} ${state}`).toSorted()).toEqual([
    'remove-docs succeeded',
    'write-docs succeeded',
    'write-docs succeeded',
  ]);
});
