import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Configuration, loadConfiguration } from '../../src/config.ts';
import { startedConfiguration } from '../../src/signalbox/settings-in-force.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { Station } from '../routing/station.ts';

const STRICT = 'gates: { threshold: low }\nsecurity: { require_isolation: true }\n';
const LOOSE = 'port: 9\nautonomy: 3\nsecurity: { isolation: off }\n';

async function configurationOf(text: string, env = {}): Promise<Configuration> {
  const file = join(tmpdir(), 'signalbox-settings', 'signalbox.yaml');
  const shapes = builtInShapes;
  const { configuration } = await loadConfiguration({ file, text, files: [], env, shapes });
  if (configuration === undefined) throw new Error('the configuration is bad');
  return configuration;
}

/** A start with files, where others were put in force before. */
async function start(
  { inForce, written }: { readonly inForce: Configuration; readonly written: Configuration },
  options: { readonly apply?: boolean; readonly mode?: 'run' | 'inspect' } = {},
): ReturnType<typeof startedConfiguration> {
  const { catalogs, time } = await Station.open();
  await catalogs.activate(inForce.catalog, time);
  const common = { dataDirectory: '', logger: silentLogger, mode: 'run', apply: false } as const;
  return startedConfiguration({ ...common, ...options, configuration: written }, catalogs);
}

test('what a file says anew waits, but for where the daemon is heard', async () => {
  const [inForce, written] = await Promise.all(
    [STRICT, LOOSE].map((each) => configurationOf(each)),
  );
  if (inForce === undefined || written === undefined) throw new Error('there are two');
  const { configuration, before } = await start({ inForce, written });
  expect(before).toEqual(inForce.settings);
  expect(configuration.catalog).toBe(written.catalog);
  expect(configuration.settings).toEqual({ ...inForce.settings, port: 9 });
  expect(await start({ inForce, written }, { apply: true })).toEqual({
    configuration: written,
    before: inForce.settings,
  });
  const looking = await start({ inForce, written }, { mode: 'inspect' });
  expect(looking.configuration).toBe(written);
  expect((await start({ inForce, written: inForce })).configuration).toBe(inForce);
});

test('settings in force that cannot be read give way to files only where one says so', async () => {
  const text = 'hosts: ["${WHERE}"]\n';
  const inForce = await configurationOf(text, { WHERE: 'here' });
  const written = await configurationOf(LOOSE);
  const code = 'catalog.unreadable';
  await expect(start({ inForce, written })).rejects.toMatchObject({ code });
  const { configuration } = await start({ inForce, written }, { apply: true });
  expect(configuration).toBe(written);
});
