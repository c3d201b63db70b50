import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogOf, type Configuration, loadConfiguration } from '../../src/config.ts';
import { Definitions } from '../../src/config/definitions.ts';
import { type ParseCatalog, Catalogs } from '../../src/routing/catalogs.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { makeFolder } from '../cli/signalbox.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { Station } from '../routing/station.ts';

const ONE = 'flows: { one: { on: x, steps: [{ emit: y }] } }';
const TWO = 'flows: { two: { on: x, steps: [{ emit: y }] } }';

async function configurationIn(folder: string): Promise<Configuration> {
  const file = join(folder, 'signalbox.yaml');
  const { configuration } = await loadConfiguration({ file, env: {}, shapes: builtInShapes });
  if (configuration === undefined) throw new Error('the configuration is bad');
  return configuration;
}

interface Project {
  readonly definitions: Definitions;
  readonly catalogs: Catalogs;
  readonly write: (text: string) => void;
  /** Whether nothing more can be recorded. */
  full: boolean;
}

/** A project whose flow `one` is in force, over what another one recorded where there is any. */
async function openProject(before?: Station, parse?: ParseCatalog): Promise<Project> {
  const folder = makeFolder({ 'signalbox.yaml': ONE });
  const configuration = await configurationIn(folder);
  const { store, time } = before ?? (await Station.open());
  const append: typeof store.append = async (unit) =>
    project.full ? { kind: 'full' } : store.append(unit);
  const altered = alteredStore(store, { append });
  const { variables } = configuration;
  const read: ParseCatalog =
    parse ?? ((files, ownActors) => catalogOf({ files, ownActors }, builtInShapes, variables));
  const catalogs = await Catalogs.open(altered, read);
  const parts = { configuration, running: true, catalogs, store, time, logger: silentLogger };
  const definitions = new Definitions(parts);
  const write = (text: string): void => writeFileSync(join(folder, 'signalbox.yaml'), text);
  const project: Project = { definitions, catalogs, write, full: false };
  if (before === undefined) await definitions.start(false);
  return project;
}

const API = { actor: 'api' };

/** What the last catalog put in force was said to weaken. */
async function weakerOf({ store }: Station): Promise<unknown> {
  const records = await store.read({ after: 0, limit: 100 });
  const activated = records.findLast(({ type }) => type === 'catalog.activated');
  return (JSON.parse(activated?.data ?? '{}') as { readonly weaker?: unknown }).weaker;
}

test('a reload without room on the disk changes nothing, and one with room does', async () => {
  const project = await openProject();
  const { definitions, catalogs, write } = project;
  const before = catalogs.current;
  write(TWO);
  project.full = true;
  await expect(definitions.reload(API)).rejects.toMatchObject({ code: 'data.unusable' });
  expect(catalogs.current).toBe(before);
  expect(definitions.pending).toBeUndefined();
  write('flows: [');
  expect(await definitions.reload(API)).toMatchObject({ ok: false });
  write(TWO);
  project.full = false;
  expect(await definitions.reload(API)).toMatchObject({ activated: true, added: ['two'] });
  expect((await catalogs.at(Number.POSITIVE_INFINITY)).catalog.flows.has('two')).toBe(true);
});

test('files that differ at the start wait, unless they are to be put in force', async () => {
  const before = await Station.open();
  await before.catalogs.activate({ hash: 'old', files: [], flows: new Map() }, before.time);
  const { definitions, catalogs } = await openProject(before, () => {
    return { hash: 'old', files: [], flows: new Map() };
  });
  await definitions.start(false);
  expect(catalogs.current).toBe('old');
  expect(definitions.pending).toMatch(/^[0-9a-f]{16}$/);
  await definitions.start(true);
  expect(catalogs.current).not.toBe('old');
  expect(definitions.pending).toBeUndefined();
  expect(await weakerOf(before)).toEqual([
    'the settings in force cannot be read any more: what these weaken is not known',
  ]);
});

test('flows in force that this version cannot read are replaced as a whole', async () => {
  const before = await Station.open();
  await before.catalogs.activate({ hash: 'other', files: [], flows: new Map() }, before.time);
  const { definitions, catalogs } = await openProject(before, () => {
    throw new SignalboxError('catalog.unreadable', 'Another version wrote this.');
  });
  expect(await definitions.plan()).toMatchObject({ in_force: 'other', added: ['one'] });
  expect(await definitions.reload(API)).toMatchObject({ activated: true });
  expect(await definitions.reload(API)).toMatchObject({ activated: false, unchanged: 1 });
  expect(catalogs.current).not.toBe('other');
});

test('what else keeps the flows in force from being read is told', async () => {
  const before = await Station.open();
  await before.catalogs.activate({ hash: 'other', files: [], flows: new Map() }, before.time);
  const { definitions } = await openProject(before, () => {
    throw new Error('this cannot be');
  });
  await expect(definitions.plan()).rejects.toThrow('this cannot be');
});

test('a source that is to drop what is too much is told, as settings are', async () => {
  const { definitions, write } = await openProject();
  const source = { type: 'schedule', name: 'weekly', cron: '0 9 * * MON' };
  write(JSON.stringify({ sources: [{ ...source, queue_limit: 1, queue_overflow: 'drop' }] }));
  const weaker = ['events of schedule:weekly start nothing where too many wait (queue_overflow)'];
  expect(await definitions.plan()).toMatchObject({ weaker });
  expect(await definitions.reload(API)).toMatchObject({ activated: true, weaker });
  expect(await definitions.plan()).toMatchObject({ weaker: [] });
});

test('another own actor needs no restart, and is in force with the reload', async () => {
  const { definitions, catalogs, write } = await openProject();
  write(`own_actors: [bot]\n${ONE}`);
  expect(await definitions.reload(API)).toMatchObject({ activated: true, needs_restart: [] });
  const { index } = await catalogs.at(Number.POSITIVE_INFINITY);
  expect([...index.ownActors]).toEqual(['signalbox', 'bot']);
});
