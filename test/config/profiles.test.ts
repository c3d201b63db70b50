import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogOf } from '../../src/config.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { load, makeProject, said } from './folder.ts';

const A = 'flows: { a: { on: x, emit: y } }\n';

const LAID = {
  'signalbox.yaml': `extends: shared\nport: 1\nqueue_limit: 5\nhosts: [one, two]\n${A}`,
  'profiles/shared.toml': 'host = "localhost"\nport = 2\nloop_budget = { runs = 5, time = "1h" }\n',
  'profiles/night.md':
    '---\nprofile: { name: night, extends: late }\nqueue_limit: 6\nhosts: [three]\n---\nText\n',
  '.amplifier/profiles/late.json':
    '{ "queue_limit": 7, "loop_budget": { "runs": 9 },\n' +
    '  "flows": { "a": { "on": "z", "emit": "y" } } }\n',
  'flows/b.yml': 'flows: { b: { on: x, emit: y } }\n',
};

describe('files that are laid over one another', () => {
  test('merge by key at every depth, and the one that extends wins', async () => {
    const { configuration, findings } = await load(makeProject(LAID));
    expect(findings).toEqual([]);
    expect(configuration?.settings).toMatchObject({
      host: 'localhost',
      port: 1,
      queue_limit: 5,
      hosts: ['one', 'two'],
      loop_budget: { runs: 5, time: 3_600_000 },
    });
  });

  test('lists and flows are replaced whole, and a profile is laid over all of it', async () => {
    const folder = makeProject(LAID);
    const { configuration, findings } = await load(folder, { profile: 'night' });
    expect(findings).toEqual([]);
    expect(configuration?.settings).toMatchObject({
      host: 'localhost',
      port: 1,
      queue_limit: 6,
      hosts: ['three'],
      loop_budget: { runs: 9, time: 3_600_000 },
    });
    const triggers = configuration?.catalog.flows.get('a')?.triggers;
    expect(triggers).toEqual([{ pattern: { event: 'z' } }]);
    expect(configuration?.catalog.files.map(({ path }) => path)).toEqual([
      'profiles/night.md',
      '.amplifier/profiles/late.json',
      'signalbox.yaml',
      'profiles/shared.toml',
      'flows/b.yml',
    ]);
  });

  test('keep no key of a model in any of them, though a reference is laid over it', async () => {
    const model = (key: string): string =>
      `models: { default: { provider: anthropic, model: m, key: "${key}" } }\n`;
    const folder = makeProject({
      'signalbox.yaml': `extends: shared\n${model('${KEY}')}${A}`,
      'profiles/shared.yaml': model('sk-canary'),
    });
    const loaded = await load(folder, { env: { KEY: 'sk-of-the-test' } });
    expect(loaded.configuration).toBeUndefined();
    expect(said(loaded, folder)).toEqual([
      expect.stringMatching(/^profiles\/shared\.yaml:1:\d+: error: "key" must not stand/) as string,
    ]);
  });

  test('can be parsed again from what was recorded of them alone', async () => {
    const { configuration } = await load(makeProject(LAID), { profile: 'night' });
    if (configuration === undefined) throw new Error('nothing was loaded');
    const { files, hash, flows } = configuration.catalog;
    const variables = variablesOf({ env: {}, readFile: () => '' });
    const again = catalogOf({ files, ownActors: [] }, builtInShapes, variables);
    expect(again.hash).toBe(hash);
    expect(again.flows).toEqual(flows);
  });

  test('are read again with the profile that was asked for', async () => {
    const { configuration } = await load(makeProject(LAID), { profile: 'night' });
    const again = await configuration?.reread();
    expect(again?.configuration?.catalog.hash).toBe(configuration?.catalog.hash);
  });
});

describe('a profile', () => {
  test('needs no configuration file', async () => {
    const folder = makeProject({ '.amplifier/profiles/a.yaml': `extends: dev\n${A}` });
    const { configuration, findings } = await load(folder, { profile: 'a' });
    expect(findings).toEqual([]);
    expect(configuration).toMatchObject({ directory: folder });
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['a']);
  });

  test('named as the configuration file has its paths from above its folder', async () => {
    for (const file of ['profiles/a.yaml', '.amplifier/profiles/a.yaml']) {
      const folder = makeProject({ [file]: `prt: 1\n${A}`, 'flows/b.yaml': 'flows: { b: 5 }\n' });
      const loaded = await load(folder, { file });
      expect(new Set(said(loaded, folder))).toEqual(
        new Set([
          'flows/b.yaml:1:10: error: "b" is a mapping with "on" and "steps" [config.invalid]',
          `${file}:1:1: error: unknown key "prt" in this file, did you mean "port"? ` +
            '[config.unknown_key]',
        ]),
      );
    }
  });

  test('is no configuration file whose project lies in a folder of that name', async () => {
    const folder = makeProject({
      'profiles/signalbox.yaml': A,
      'profiles/flows/b.yaml': 'flows: { b: { on: x, emit: y } }\n',
    });
    const { configuration } = await load(folder, { file: 'profiles/signalbox.yaml' });
    expect(configuration?.directory).toBe(join(folder, 'profiles'));
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['a', 'b']);
  });

  test('of both folders the first wins, and of all kinds Markdown', async () => {
    const folder = makeProject({
      'profiles/a.yaml': 'port: 1\n',
      'profiles/a.md': '---\nport: 2\n---\n',
      '.amplifier/profiles/a.md': '---\nport: 3\n---\n',
    });
    const { configuration } = await load(folder, { profile: 'a' });
    expect(configuration?.settings.port).toBe(2);
  });

  test('"dev" is there already and says nothing; one of yours takes its place', async () => {
    const file = { 'signalbox.yaml': 'extends: dev\n' };
    const empty = await load(makeProject(file), { profile: 'dev' });
    expect(empty.findings).toEqual([]);
    const folder = makeProject({ ...file, 'profiles/dev.yaml': 'port: 4\n' });
    expect((await load(folder)).configuration?.settings.port).toBe(4);
  });

  test('"dev" over no file at all is no configuration', async () => {
    const folder = makeProject({ 'flows/a.yaml': A });
    expect(said(await load(folder, { profile: 'dev' }), folder)).toEqual([
      expect.stringContaining('signalbox.yaml:1:1: error: there is no file signalbox.yaml'),
    ]);
  });
});

describe('what is wrong with a chain is told with its place', () => {
  test.each([
    ['nihgt', ', did you mean "night"?'],
    ['x', '; create it'],
  ])('a profile %s that is not there', async (name, tail) => {
    const folder = makeProject({
      'signalbox.yaml': `port: 1\nextends: ${name}\n`,
      'profiles/night.yaml': '',
    });
    const problem = `there is no profile "${name}" in profiles/ or .amplifier/profiles/${tail}`;
    expect(said(await load(folder), folder)).toEqual([
      `signalbox.yaml:2:10: error: ${problem} [config.missing]`,
    ]);
    expect(
      said(await load(folder, { file: 'profiles/night.yaml', profile: name }), folder),
    ).toEqual([`profiles:1:1: error: ${problem} [config.missing]`]);
  });

  test('a name that is a path', async () => {
    const folder = makeProject({ 'signalbox.yaml': 'extends: ../../etc/passwd\n' });
    expect(said(await load(folder), folder)).toEqual([
      expect.stringContaining('signalbox.yaml:1:10: error: "extends": is the name of a profile'),
    ]);
  });

  test('a circle', async () => {
    const folder = makeProject({
      'signalbox.yaml': 'extends: a\n',
      'profiles/a.toml': 'port = 1\n[profile]\nextends = "b"\n',
      'profiles/b.md': '---\nextends: a\n---\n',
    });
    expect(said(await load(folder), folder)).toEqual([
      'profiles/b.md:2:10: error: what is extended comes back to where it began: ' +
        'profiles/a.toml -> profiles/b.md -> profiles/a.toml; remove one "extends" [config.cycle]',
    ]);
  });

  test('what a profile and the configuration file both extend is laid once', async () => {
    const folder = makeProject({
      'signalbox.yaml': 'extends: base\n',
      'profiles/night.yaml': 'extends: base\n',
      'profiles/base.yaml': 'port: 5\n',
    });
    const { configuration, findings } = await load(folder, { profile: 'night' });
    expect(findings).toEqual([]);
    expect(configuration?.catalog.files.map(({ path }) => path)).toEqual([
      'profiles/night.yaml',
      'profiles/base.yaml',
      'signalbox.yaml',
    ]);
  });

  test('more files than anybody needs', async () => {
    const files = Array.from({ length: 20 }, (_, n) => [
      `profiles/p${n}.yaml`,
      `extends: p${n + 1}`,
    ]);
    const folder = makeProject({ 'signalbox.yaml': 'extends: p0\n', ...Object.fromEntries(files) });
    expect(said(await load(folder), folder)).toEqual([
      'profiles/p14.yaml:1:10: error: more than 16 files extend one another; join some ' +
        '[config.limit]',
    ]);
  });

  test('a profile that cannot be read', async () => {
    const folder = makeProject({
      'signalbox.yaml': 'extends: a\n',
      'profiles/a.yaml/x': '',
    });
    expect(said(await load(folder), folder)).toEqual([
      expect.stringMatching(
        /^profiles\/a\.yaml:1:1: error: .* it is no file \[config\.unreadable\]$/,
      ),
    ]);
  });
});

describe('the folders of a configuration', () => {
  test('may hold every kind of file; text and scenarios are no part of it', async () => {
    const folder = makeProject({
      'signalbox.toml': '',
      'flows/a.toml': '[flows.a]\non = "x"\nemit = "y"\n',
      'flows/b.json': '{ "flows": { "b": { "on": "x", "emit": "y" } } }',
      'flows/c.md': '---\nflows: { c: { on: x, emit: y } }\n---\n# C\n',
      'flows/README.md': '# What lies here\n',
      'flows/a.test.yaml': 'test: it works\n',
      'tools/d.yaml': 'handlers: { d: { emit: y } }\n',
      'tools/tsconfig.json': '{ "files": [] }',
    });
    const { configuration } = await load(folder, { file: 'signalbox.toml' });
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a playbook among them is told as not supported yet', async () => {
    const folder = makeProject({ 'signalbox.yaml': '', 'tools/x.yaml': 'playbook: x\n' });
    expect(said(await load(folder), folder)).toEqual([
      'tools/x.yaml:1:1: error: "playbook" is not supported by this version; remove it ' +
        '[config.not_supported]',
    ]);
  });
});

test('a file is found by each of its names, from a folder below too', async () => {
  const { findPlace } = await import('../../src/cli/place.ts');
  for (const name of ['signalbox.yaml', 'signalbox.yml', 'signalbox.toml', 'signalbox.json']) {
    const folder = makeProject({ [name]: '', 'below/x': '' });
    expect(findPlace({}, join(folder, 'below'))).toEqual({
      configFile: join(folder, name),
      dataDirectory: join(folder, '.signalbox'),
    });
  }
  const folder = makeProject({ '.amplifier/profiles/a.md': '' });
  expect(findPlace({ config: '.amplifier/profiles/a.md' }, folder).dataDirectory).toBe(
    join(folder, '.signalbox'),
  );
});
