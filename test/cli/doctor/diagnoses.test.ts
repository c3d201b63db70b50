import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../../src/config/settings.ts';
import type { SourceDefinition } from '../../../src/flows/source.ts';
import { diagnoseDaemon, type DaemonFacts } from '../../../src/cli/doctor/daemon.ts';
import { type DataFacts, diagnoseData } from '../../../src/cli/doctor/data.ts';
import type { Diagnosis } from '../../../src/cli/doctor/diagnosis.ts';
import { diagnoseIsolation } from '../../../src/cli/doctor/isolation.ts';
import { diagnoseMachine, type MachineFacts } from '../../../src/cli/doctor/machine.ts';
import { diagnoseFindings, diagnoseSettings } from '../../../src/cli/doctor/settings.ts';
import { webhookShape } from '../../../src/sources/webhook/shape.ts';

/** What is wrong, as `LEVEL ABOUT MESSAGE`. */
function wrongIn(found: readonly Diagnosis[]): string[] {
  for (const { level, remedy } of found) expect(remedy === null).toBe(level === 'ok');
  return found
    .filter(({ level }) => level !== 'ok')
    .map(({ level, about, message }) => `${level} ${about} ${message}`);
}

describe('settings', () => {
  const source = (written: object): SourceDefinition => ({
    name: 'webhook:deploy',
    type: 'webhook',
    handlers: [],
    trust: 'trusted',
    redact: true,
    config: webhookShape.schema.parse({ path: '/hooks/deploy', ...written }),
  });

  test('that nobody changed are not weaker than the defaults', () => {
    const found = diagnoseSettings(settingsSchema.parse({}), [source({ secret: 's'.repeat(32) })]);
    expect(wrongIn(found)).toEqual([]);
    expect(found).toHaveLength(1);
  });

  test.each([
    [{ webhook_host: '0.0.0.0' }, 'weaker webhook_host "webhook_host: 0.0.0.0" lets other'],
    [{ host: '0.0.0.0' }, 'weaker host "host: 0.0.0.0" lets other machines in'],
    [{ queue_overflow: 'drop' }, 'weaker queue_overflow "queue_overflow: drop" gives up runs'],
    [{ security: { http_allow: ['10.0.0.7'] } }, 'weaker security Requests of flows reach hosts'],
    [
      { security: { open_metrics: true } },
      'weaker security "open_metrics: true" tells the metrics',
    ],
    [
      { security: { isolation: 'off', require_isolation: true } },
      'obstacle security "require_isolation: true" and "isolation: off" do not go together',
    ],
  ])('%j', (written, expected) => {
    const found = wrongIn(diagnoseSettings(settingsSchema.parse(written), []));
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    [{ auth: 'none' }, 'weaker webhook:deploy It has no secret: whatever runs on this machine'],
    [{ secret: 'x'.repeat(32), tolerance: '30m' }, 'A signed request may come again for 30 min'],
  ])('of a webhook: %j', (written, expected) => {
    const found = wrongIn(diagnoseSettings(settingsSchema.parse({}), [source(written)]));
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  test('a webhook whose events keep the credentials in them is weaker', () => {
    const { redact: _, ...kept } = source({ secret: 'x'.repeat(32) });
    expect(wrongIn(diagnoseSettings(settingsSchema.parse({}), [kept]))).toEqual([
      expect.stringContaining('weaker webhook:deploy Credentials that come in its events'),
    ]);
  });

  test('a source that drops what is too much is weaker', () => {
    const queue = { limit: 5, overflow: 'drop' } as const;
    const dropping = { ...source({ secret: 'x'.repeat(32) }), queue };
    expect(wrongIn(diagnoseSettings(settingsSchema.parse({}), [dropping]))).toEqual([
      expect.stringContaining('weaker webhook:deploy "queue_overflow: drop" of webhook:deploy'),
    ]);
  });

  test('errors of the files are obstacles, and secrets in them are weaker', () => {
    const at = { file: 'signalbox.yaml', line: 3, column: 1 };
    const found = diagnoseFindings([
      { ...at, severity: 'error', code: 'config.invalid', message: 'is none' },
      { ...at, severity: 'warning', code: 'config.bare_secret', message: 'stands here' },
      { ...at, severity: 'warning', code: 'config.short_secret', message: 'is too short' },
      { ...at, severity: 'warning', code: 'config.near_miss', message: 'is near' },
    ]);
    expect(wrongIn(found)).toEqual([
      'obstacle configuration signalbox.yaml:3:1: error: is none [config.invalid]',
      'weaker configuration signalbox.yaml:3:1: warning: stands here [config.bare_secret]',
      'weaker configuration signalbox.yaml:3:1: warning: is too short [config.short_secret]',
    ]);
  });
});

describe('isolation', () => {
  const facts = { way: 'namespaces', obstacles: [], isRoot: false, engines: [] };

  test('is weaker where there is none, with every reason', () => {
    const obstacles = ['bubblewrap is not installed', 'namespaces: not permitted'];
    expect(wrongIn(diagnoseIsolation({ ...facts, way: null, obstacles }))).toEqual([
      expect.stringMatching(/^weaker isolation .*advisory: bubblewrap .*; namespaces: not perm/),
    ]);
  });

  test('is left through the socket of a container engine', () => {
    expect(wrongIn(diagnoseIsolation(facts))).toEqual([]);
    const found = diagnoseIsolation({ ...facts, isRoot: true, engines: ['/run/docker.sock'] });
    expect(found[0]?.message).toContain('As root they may still change any other file.');
    expect(wrongIn(found)).toEqual([expect.stringContaining('by /run/docker.sock')]);
  });
});

describe('the machine', () => {
  const now = Date.UTC(2026, 10, 27);
  const facts: MachineFacts = {
    node: '20.19.0',
    nodeMin: [20, 19],
    git: true,
    usesGit: true,
    watchesFiles: true,
    inotifyWatches: 100_000,
    openFiles: 1_024,
    now,
    lastWritten: now + 1_000,
  };

  test.each([
    [{}, []],
    [{ node: '24.0.0' }, []],
    [{ node: '20.18.9' }, ['obstacle node Node 20.18.9 is older than 20.19.']],
    [{ git: false, usesGit: false }, []],
    [{ git: false }, ['obstacle git A flow asks git, and it is not installed.']],
    [
      { inotifyWatches: 8_192 },
      [expect.stringMatching(/^obstacle inotify At most 8192 .*polling/)],
    ],
    [{ inotifyWatches: 8_192, watchesFiles: false }, []],
    [{ inotifyWatches: undefined, openFiles: undefined, lastWritten: undefined }, []],
    [{ openFiles: 256 }, ['weaker open files At most 256 files may be open at once.']],
    [{ now: 0 }, ['obstacle clock The clock says 1970-01-01T00:00:00.000Z.']],
    [
      { lastWritten: now + 3_600_000 },
      [expect.stringMatching(/^obstacle clock .* was written at/)],
    ],
  ])('%j', (change, expected) => {
    expect(wrongIn(diagnoseMachine({ ...facts, ...change }))).toEqual(expected);
  });
});

describe('the data', () => {
  const path = (name: string, mode: number, owner = 7): DataFacts['secrets'][number] => ({
    path: name,
    mode,
    owner,
  });
  const facts: DataFacts = {
    directory: '/p/.signalbox',
    self: path('/p/.signalbox', 0o700),
    secrets: [path('/p/.signalbox/token', 0o600), path('/p/.signalbox/signalbox.db', 0o644)],
    above: [path('/p', 0o755), path('/', 0o1777, 0)],
    written: [path('/p/signalbox.yaml', 0o644)],
    user: 7,
    space: { free: 100 << 20, all: 200 << 20 },
    fileSystem: 0xef53,
  };

  test.each([
    [{}, []],
    [{ self: undefined, secrets: [], space: undefined, fileSystem: undefined }, []],
    [{ self: path('/p/.signalbox', 0o755) }, [/data is open to|\(0755\)/, /signalbox.db is open/]],
    [{ self: path('/p/.signalbox', 0o700, 8) }, [/^obstacle data .* belongs to another user/]],
    [
      { above: [path('/tmp', 0o777)] },
      [/^obstacle data Any user may put .*: \/tmp is open to all/],
    ],
    [{ written: [path('/p/f.yaml', 0o664)] }, [/^obstacle flows .* \/p\/f.yaml \(0664\)/]],
    [{ written: [path('/p/f.yaml', 0o644, 8)] }, [/^obstacle flows Other users may change/]],
    [{ written: [path('/p/f.yaml', 0o644, 0)] }, []],
    [{ fileSystem: 0x6969 }, [/^obstacle file system The data lies on NFS/]],
    [{ fileSystem: 0x01021994 }, [/^weaker file system The data lies in memory/]],
    [{ space: { free: 1 << 20, all: 200 << 20 } }, [/^obstacle disk 1 MiB are free. Events from/]],
    [{ space: { free: 50 << 20, all: 60 << 20 } }, [/^weaker disk 50 MiB are free/]],
  ])('%j', (change, expected) => {
    const found = wrongIn(diagnoseData({ ...facts, ...change }));
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('the daemon', () => {
  const record = { pid: 7, url: 'http://127.0.0.1:1', token_file: 't', epoch: 1, started: '' };
  const status = {
    state: 'running',
    degraded: [],
    paused: [],
    lag: 0,
    running: 0,
    slots: 1,
    catalog: undefined,
    pending: undefined,
    isolation: { way: null, obstacles: [] },
    store: 'sqlite',
    storage: { used: null, budget: null, trimmed: 0 },
    sources: [],
  } as const;
  const facts: DaemonFacts = {
    record: undefined,
    status: undefined,
    addresses: [{ name: '127.0.0.1:8765', isFree: true }],
    problem: undefined,
  };
  const degraded = [{ part: 'disk', reason: 'the disk is full', since: '' }];

  test.each([
    [{}, []],
    [{ record, status }, []],
    [{ status }, []],
    [{ record, status: { ...status, degraded } }, ['obstacle disk the disk is full.']],
    [{ record }, [expect.stringMatching(/^obstacle daemon Process 7 holds the data and does not/)]],
    [{ problem: 'It is newer.' }, ['obstacle data It is newer.']],
    [
      { addresses: [{ name: '127.0.0.1:8765', isFree: false }] },
      ['obstacle port Another program is heard at 127.0.0.1:8765.'],
    ],
  ])('%j', (change, expected) => {
    expect(wrongIn(diagnoseDaemon({ ...facts, ...change }))).toEqual(expected);
  });
});
