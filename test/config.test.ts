import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findConfiguration } from '../src/config/files.ts';
import { catalogOf, type Loaded, loadConfiguration, type LoadOptions } from '../src/config.ts';
import type { Flow } from '../src/flows/flow.ts';
import { eventScope } from '../src/flows/scope.ts';
import { render, type TemplateTree } from '../src/flows/template.ts';
import { variablesOf } from '../src/flows/variables.ts';
import { formatFinding } from '../src/std/diagnostics.ts';
import { eventOf } from './flows/event-of.ts';
import { SHAPES } from './flows/shapes.ts';
import { isAction } from '../src/runs/next.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** What the first step of a flow is given; null where that is none that is given anything. */
function firstInput(flow: Flow | undefined): TemplateTree {
  const step = flow?.steps[0];
  return step !== undefined && isAction(step) ? step.input : null;
}

function load(options: Partial<LoadOptions> = {}): Promise<Loaded> {
  return loadConfiguration({
    file: join(folder, 'signalbox.yaml'),
    env: { TOKEN: 's3cret', PORT: '9000' },
    shapes: SHAPES,
    ...options,
  });
}

function said({ findings }: Loaded): string[] {
  return findings.map((finding) => formatFinding(finding).replace(`${folder}/`, ''));
}

describe('a configuration', () => {
  test('that says nothing has every default', async () => {
    write({ 'signalbox.yaml': '' });
    const { configuration, findings } = await load();
    expect(findings).toEqual([]);
    expect(configuration).toMatchObject({
      file: join(folder, 'signalbox.yaml'),
      directory: folder,
      settings: {
        host: '127.0.0.1',
        port: 8_765,
        hosts: [],
        max_concurrent_handlers: 16,
        queue_limit: 10_000,
        queue_overflow: 'queue',
        loop_budget: { runs: 1_000, time: 604_800_000 },
        own_actors: [],
        security: { http_allow: [] },
      },
      catalog: { files: [{ path: 'signalbox.yaml', text: '' }], flows: new Map() },
    });
  });

  test('is read whole, with the flows beside it in the order of their names', async () => {
    write({
      'signalbox.yaml': 'port: "${PORT}"\nhosts: [box]\nflows: { a: { on: x, emit: y } }\n',
      'flows/b.yml': 'flows: { b: { on: x, emit: y } }\n',
      'flows/a.yaml': 'flows: { c: { on: x, emit: y } }\n',
      'flows/a.test.yaml': 'test: what a does\nat: 2026-01-01\n',
      'flows/.hidden.yaml': 'nonsense',
      'flows/notes.md': 'nonsense',
      'flows/deeper/d.yaml': 'nonsense',
    });
    const { configuration, findings } = await load();
    expect(findings).toEqual([]);
    expect(configuration?.settings).toMatchObject({ port: 9_000, hosts: ['box'] });
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['a', 'c', 'b']);
    expect(configuration?.catalog.files.map(({ path }) => path)).toEqual([
      'signalbox.yaml',
      'flows/a.yaml',
      'flows/b.yml',
    ]);
  });

  test('takes the files that are named in place of the folder', async () => {
    write({
      'signalbox.yaml': '',
      'flows/a.yaml': 'nonsense',
      'other/b.yaml': 'flows: { b: { on: x, emit: y } }\n',
    });
    const { configuration, findings } = await load({ files: ['other/b.yaml'] });
    expect(findings).toEqual([]);
    expect([...(configuration?.catalog.flows.keys() ?? [])]).toEqual(['b']);
  });

  test('is frozen', async () => {
    write({ 'signalbox.yaml': 'hosts: [box]\n' });
    const { configuration } = await load();
    const { settings, catalog } = configuration ?? {};
    const parts = [
      configuration,
      settings,
      settings?.hosts,
      settings?.security,
      catalog,
      catalog?.files,
    ];
    expect(parts.every((part) => part !== undefined && Object.isFrozen(part))).toBe(true);
  });
});

describe('every finding of every file comes at once', () => {
  test('with the file as the user would name it', async () => {
    write({
      'signalbox.yaml': 'prot: 1\nport: many\nflows: { a: { on: x, emit: "{y}" } }\n',
      'flows/b.yaml': 'flows: { a: { on: x } }\n',
    });
    const { configuration, findings } = await load();
    expect(configuration).toBeUndefined();
    expect(findings.map(formatFinding).map((text) => text.replace(folder, 'HERE'))).toEqual([
      'HERE/flows/b.yaml:1:10: error: "a" needs "steps": a list of 1 to 1000 [config.invalid]',
      expect.stringContaining(
        'HERE/flows/b.yaml:1:10: error: "a" is already defined at signalbox.yaml:3:10',
      ),
      expect.stringContaining('HERE/signalbox.yaml:1:1: error: unknown key "prot" in this file'),
      'HERE/signalbox.yaml:2:7: error: "port": expected a number, received a text [config.invalid]',
      expect.stringContaining('HERE/signalbox.yaml:3:28: error: nothing defines "y"'),
    ]);
  });

  test.each([
    [
      'port: 70000',
      '1:7: error: "port": too big: expected a number to be <=65535 [config.invalid]',
    ],
    [
      'max_concurrent_handlers: 0',
      expect.stringContaining('1:26: error: "max_concurrent_handlers": too small'),
    ],
    [
      'queue_limit: 0',
      expect.stringContaining('1:14: error: "queue_limit": too small: expected a number to be >=1'),
    ],
    [
      'queue_overflow: lose',
      expect.stringContaining('expected one of "queue"|"spill"|"error"|"drop"'),
    ],
    ['loop_budget: { time: 0s }', expect.stringContaining('must be longer than nothing')],
    ['loop_budget: { tme: 1h }', expect.stringContaining('did you mean "time"?')],
    ['own_actors: bot', expect.stringContaining('1:13: error: "own_actors": expected a list')],
    ['hosts: box', '1:8: error: "hosts": expected a list, received a text [config.invalid]'],
    ['hosts: [""]', expect.stringContaining('1:9: error: "hosts.0": too small')],
    [
      'security: { http_alow: [] }',
      expect.stringContaining('1:13: error: unknown key "http_alow" in "security", did you mean'),
    ],
    [
      'security: { isolation: never }',
      expect.stringContaining('1:24: error: "security.isolation": expected one of "auto"|"off"'),
    ],
    [
      'port: "${NOPE}"',
      expect.stringContaining('1:7: error: the environment variable NOPE is not set'),
    ],
  ])('%s', async (text, expected) => {
    write({ 'signalbox.yaml': text });
    const loaded = await load();
    expect(said(loaded)).toContainEqual(
      typeof expected === 'string' ? `signalbox.yaml:${expected}` : expected,
    );
    expect(loaded.configuration).toBeUndefined();
  });

  test('a warning alone refuses nothing', async () => {
    write({ 'signalbox.yaml': 'handlers: { h: { emit: x } }\n' });
    const { configuration, findings } = await load();
    expect(findings.map(({ severity }) => severity)).toEqual(['warning']);
    expect(configuration?.catalog.flows.size).toBe(1);
  });
});

describe('a host that other machines reach is unsafe', () => {
  test.each(['0.0.0.0', '::', '192.168.0.1', 'box.example', '127.0.0.1.evil.example'])(
    '%s',
    async (host) => {
      write({ 'signalbox.yaml': `host: "${host}"` });
      const { configuration, findings } = await load();
      expect(configuration?.settings.host).toBe(host);
      expect(findings.map(({ severity, code }) => [severity, code])).toEqual([
        ['warning', 'config.unsafe'],
      ]);
    },
  );

  test.each(['127.0.0.1', 'localhost', '::1', '127.1.2.3'])('%s is this machine', async (host) => {
    write({ 'signalbox.yaml': `host: "${host}"` });
    expect((await load()).configuration?.settings.host).toBe(host);
  });
});

describe('a file that cannot be read', () => {
  test('is a finding where it is the configuration itself, and then the only one', async () => {
    write({ 'flows/a.yaml': 'nonsense' });
    expect(said(await load())).toEqual([
      'signalbox.yaml:1:1: error: ' +
        'there is no file signalbox.yaml; create it, or name another [config.missing]',
    ]);
  });

  test('is a finding beside the others', async () => {
    write({
      'signalbox.yaml': 'prot: 1',
      'flows/a.yaml': Uint8Array.of(0x66, 0xff),
      'flows/b.yaml': 'x'.repeat(4 * 1024 * 1024 + 1),
      'flows/c.yaml': `# ${'x'.repeat(1024 * 1024)}`,
    });
    mkdirSync(join(folder, 'flows/d.yaml'));
    expect(said(await load())).toEqual([
      expect.stringMatching(
        /^flows\/a\.yaml:1:1: error: flows\/a\.yaml cannot be read: .*\[config\.unreadable\]$/,
      ),
      expect.stringMatching(
        /^flows\/b\.yaml:1:1: error: .* it has 4194305 bytes, over 4194304 \[config\.unreadable\]$/,
      ),
      expect.stringMatching(/^flows\/d\.yaml:1:1: error: .* it is no file \[config\.unreadable\]$/),
      expect.stringMatching(
        /^flows\/c\.yaml:1:1: error: the file has \d+ characters, over 1048576; split it/,
      ),
      expect.stringMatching(/^signalbox\.yaml:1:1: error: unknown key "prot"/),
    ]);
  });

  test('is one too where it is the folder of flows', async () => {
    write({ 'signalbox.yaml': '', flows: 'a file' });
    expect((await load()).findings).toEqual([]);
    rmSync(join(folder, 'flows'));
    symlinkSync('flows', join(folder, 'flows'));
    expect(said(await load())).toEqual([
      expect.stringMatching(
        /^flows:1:1: error: flows cannot be read: ELOOP.*\[config\.unreadable\]$/,
      ),
    ]);
    rmSync(join(folder, 'flows'));
    const many = Array.from({ length: 1_001 }, (_, index) => [`flows/${index}.yaml`, '']);
    write(Object.fromEntries(many) as Record<string, string>);
    expect(said(await load())).toEqual([
      'flows:1:1: error: flows/ has 1001 files, over 1000; join some [config.limit]',
    ]);
  });

  test('and neither can more than a record of the log holds', async () => {
    const half = `# ${'x'.repeat(1_000_000)}`;
    const files = Array.from({ length: 5 }, (_, index) => [`flows/${index}.yaml`, half]);
    write({ 'signalbox.yaml': '', ...(Object.fromEntries(files) as Record<string, string>) });
    expect(said(await load())).toEqual([
      'signalbox.yaml:1:1: error: ' +
        'the files have 5000010 characters together, over 4194304 [config.limit]',
    ]);
  });
});

describe('a secret', () => {
  const flows = 'flows: { a: { on: x, run: [curl, "Bearer ${TOKEN}", "${file:keys/k.txt}"] } }\n';

  test('reaches the step that names it, and nothing that is recorded or printed', async () => {
    write({ 'signalbox.yaml': flows, 'keys/k.txt': 'k3y\n' });
    const { configuration } = await load();
    const input = firstInput(configuration?.catalog.flows.get('a'));
    expect(render(input, eventScope(eventOf({})))).toEqual({
      run: ['curl', 'Bearer s3cret', 'k3y'],
    });
    const shown = JSON.stringify([configuration, [...(configuration?.catalog.flows ?? [])]]);
    expect(shown).toContain('Bearer ${TOKEN}');
    expect(shown).not.toMatch(/s3cret|k3y/);
  });

  test('that changes does not change the catalog', async () => {
    write({ 'signalbox.yaml': flows, 'keys/k.txt': 'k3y' });
    const before = await load();
    write({ 'keys/k.txt': 'other' });
    const after = await load({ env: { TOKEN: 'other' } });
    expect(after.configuration?.catalog.hash).toBe(before.configuration?.catalog.hash);
  });

  test('is read from a small file only', async () => {
    write({ 'signalbox.yaml': flows, 'keys/k.txt': 'x'.repeat(65_537) });
    expect(said(await load())).toEqual([
      expect.stringContaining('the file keys/k.txt cannot be read: it has 65537 bytes, over 65536'),
    ]);
  });
});

describe('a catalog', () => {
  const text = 'flows: { a: { on: x, run: ["${TOKEN}"] }, b: { on: x, emit: y } }\n';

  test('is known by what its files say and how they are called', async () => {
    write({ 'signalbox.yaml': text });
    const hash = (await load()).configuration?.catalog.hash;
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    write({ 'signalbox.yaml': `${text}# a comment\n` });
    expect((await load()).configuration?.catalog.hash).not.toBe(hash);
    write({ 'signalbox.yaml': text, 'flows/empty.yaml': '' });
    expect((await load()).configuration?.catalog.hash).not.toBe(hash);
  });

  test('that was recorded is parsed again by the same rules', async () => {
    write({ 'signalbox.yaml': text, 'flows/more.yaml': 'flows: { c: { on: x, emit: y } }\n' });
    const { configuration } = await load();
    if (configuration === undefined) throw new Error('not loaded');
    const { catalog, variables } = configuration;
    const again = catalogOf({ files: catalog.files, ownActors: [] }, SHAPES, variables);
    expect(again.hash).toBe(catalog.hash);
    expect(JSON.stringify([...again.flows])).toBe(JSON.stringify([...catalog.flows]));
  });

  test('whose variable is gone is whole but for the step that needs it', () => {
    const files = [{ path: 'signalbox.yaml', text }];
    const { flows } = catalogOf({ files, ownActors: [] }, SHAPES, () => ({
      kind: 'unset',
      message: 'gone',
    }));
    const scope = eventScope(eventOf({}));
    expect(() => render(firstInput(flows.get('a')), scope)).toThrowError(
      expect.objectContaining({ code: 'config.unset' }),
    );
    expect(render(firstInput(flows.get('b')), scope)).toEqual({ types: ['y'] });
  });

  test('has the actors that were our own in its time, whatever they are now', async () => {
    const settings = 'own_actors: [bot, "${NAME}"]\nqueue_overflow: spill\n';
    write({ 'signalbox.yaml': `${settings}${text}` });
    const { configuration } = await load({ env: { NAME: 'robot', TOKEN: 't' } });
    expect(configuration?.settings.queue_overflow).toBe('queue');
    const { hash, files = [], ownActors = [] } = configuration?.catalog ?? {};
    expect(ownActors).toEqual(['bot', 'robot']);
    const now = variablesOf({ env: { NAME: 'other', TOKEN: 't' }, readFile: () => '' });
    expect(catalogOf({ files, ownActors }, SHAPES, now)).toMatchObject({ hash, ownActors });
    const other = await load({ env: { NAME: 'other', TOKEN: 't' } });
    expect(other.configuration?.catalog.hash).not.toBe(hash);
  });

  test('is parsed whatever its settings were', () => {
    const settings = 'port: "${GONE}"\nhost: 0.0.0.0\nmax_concurrent_handlers: none\n';
    const files = [{ path: 'signalbox.yaml', text: `${settings}${text}` }];
    const catalog = catalogOf({ files, ownActors: [] }, SHAPES, () => ({
      kind: 'unset',
      message: 'gone',
    }));
    expect([...catalog.flows.keys()]).toEqual(['a', 'b']);
  });

  test('that this version refuses is refused whole, and says why', () => {
    const files = [
      { path: 'signalbox.yaml', text: 'flows: { a: { on: x, emit: y, teleport: z } }\n' },
    ];
    const variables = (): never => {
      throw new Error('not asked');
    };
    expect(() => catalogOf({ files, ownActors: [] }, SHAPES, variables)).toThrowError(
      expect.objectContaining({
        code: 'catalog.unreadable',
        message: expect.stringContaining('signalbox.yaml:1:31: error: unknown key "teleport"'),
      }),
    );
  });
});

describe('the configuration of a folder', () => {
  test('is signalbox.yaml, or signalbox.yml', async () => {
    write({ 'signalbox.yml': '' });
    expect(await findConfiguration(folder)).toBe(join(folder, 'signalbox.yml'));
    write({ 'signalbox.yaml': '' });
    expect(await findConfiguration(folder)).toBe(join(folder, 'signalbox.yaml'));
  });

  test('that is missing is told with the remedy', async () => {
    const remedy = 'Create it there, or name a file with --config.';
    const names = 'signalbox.yaml, signalbox.yml, signalbox.toml, signalbox.json';
    for (const where of [folder, join(folder, 'nowhere')]) {
      await expect(findConfiguration(where)).rejects.toThrowError(
        expect.objectContaining({
          code: 'config.missing',
          message: `There is no ${names} in ${where}. ${remedy}`,
        }),
      );
    }
  });
});
