import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const BEFORE = `
flows:
  cleanup: { on: asked, steps: [{ id: rest, sleep: 1h }] }
  release:
    on: release.requested
    steps:
      - { id: build, run: [echo, "{payload.version}"] }
      - { id: notes, emit: notes.written }
  same: { on: never, steps: [{ emit: nothing }] }
`;
const AFTER = `
port: 9
flows:
  report: { on: asked, steps: [{ emit: reported }] }
  release:
    on: [release.requested, release.repeated]
    steps:
      - { id: publish, emit: release.published }
      - { id: build, run: [echo, "-n", "{payload.version}"] }
  same:
    # Only its layout is another.
    on: never
    steps: [{ emit: nothing }]
`;
const DIFFERENCE = `\
+ report
- cleanup
~ release: triggers; steps: +publish, -notes, ~build
Flows: 1 added, 1 removed, 1 changed, 1 unchanged.
`;
const BAD = 'flows:\n  a: { on: x, stepps: [] }\n';

function change(folder: string, content: string): void {
  writeFileSync(join(folder, 'signalbox.yaml'), content);
}

describe('plan', () => {
  test('shows what the files would change, by the daemon and without one alike', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    const { end, logged } = await startDaemon(folder);
    await signalbox(folder, ['emit', 'asked']);
    await logged('run started');
    change(folder, AFTER);
    const open = 'Open runs that go on as they began: 1 of cleanup.\n';
    const put = 'Put the files in force with: signalbox';
    expect(await signalbox(folder, ['plan'])).toEqual({
      code: 0,
      stdout: `${DIFFERENCE}Needs a restart: port.\n${open}${put} reload\n`,
      stderr: '',
    });
    await end();
    expect(await signalbox(folder, ['plan'])).toEqual({
      code: 0,
      stdout: `${DIFFERENCE}Settings: port.\n${open}${put} up --apply\n`,
      stderr: '',
    });
  });

  test('is one document for programs', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    await (await startDaemon(folder)).end();
    change(folder, AFTER);
    const hash = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
    const steps = { added: ['publish'], removed: ['notes'], changed: ['build'], reordered: false };
    expect(await signalboxJson(folder, ['plan'])).toEqual({
      ok: true,
      in_force: hash,
      files: hash,
      added: ['report'],
      removed: ['cleanup'],
      changed: [{ flow: 'release', parts: [{ part: 'triggers' }, { part: 'steps', steps }] }],
      unchanged: 1,
      sources: { added: [], removed: [], changed: [] },
      settings: ['port'],
      needs_restart: [],
      weaker: [],
      pinned: [],
      findings: [],
    });
  });

  test('says where nothing changes, and where only steps stand elsewhere', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    await startDaemon(folder);
    const none = 'No flow changes; there are 3 flows.\n';
    expect((await signalbox(folder, ['plan'])).stdout).toBe(none);
    change(folder, `# a remark\n${BEFORE}`);
    const put = 'Put the files in force with: signalbox reload\n';
    expect((await signalbox(folder, ['plan'])).stdout).toBe(none + put);
    const [build = '', notes = ''] = BEFORE.match(/ +- \{.*\n/g) ?? [];
    change(folder, BEFORE.replace(build + notes, notes + build));
    expect((await signalbox(folder, ['plan'])).stdout).toContain('~ release: steps: reordered\n');
  });

  test('of a project that never ran is all that it holds, and makes nothing', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    const { code, stdout } = await signalbox(folder, ['plan']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        '+ cleanup\n+ release\n+ same\nFlows: 3 added.\n' +
        'Put the files in force with: signalbox up\n',
    });
    expect(await signalboxJson(folder, ['plan'])).toMatchObject({ in_force: null });
    expect((await signalbox(folder, ['status'])).code).toBe(69);
    expect((await signalbox(folder, ['events'])).code).toBe(73);
  });

  test('of bad files is their findings, by the daemon and without one alike', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    const { end } = await startDaemon(folder);
    change(folder, BAD);
    const byDaemon = await signalbox(folder, ['plan']);
    expect(byDaemon.code).toBe(65);
    expect(byDaemon.stdout).toMatch(/^signalbox\.yaml:2:\d+: error: .*did you mean "steps"\?/);
    expect(byDaemon.stdout).toContain('\n1 error; what is in force stays.\n');
    const document = await signalbox(folder, ['plan', '--json']);
    expect(document.code).toBe(65);
    expect(JSON.parse(document.stdout)).toMatchObject({
      ok: false,
      findings: [{ file: join(folder, 'signalbox.yaml'), code: 'config.unknown_key', line: 2 }],
    });
    await end();
    expect(await signalbox(folder, ['plan'])).toEqual(byDaemon);
  });

  test('of unsafe files has an exit code of its own', async () => {
    const unsafe = '{ type: webhook, path: /hooks/a, auth: none, handler: same }';
    const sources = `webhook_host: 0.0.0.0\nsources: [${unsafe}]\n`;
    const folder = makeFolder({ 'signalbox.yaml': `${sources}${BEFORE}` });
    expect((await signalbox(folder, ['plan'])).code).toBe(77);
  });

  test('needs a configuration', async () => {
    expect((await signalbox(makeFolder(), ['plan'])).code).toBe(65);
  });

  test('reads what lies in flows/, and warns', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    mkdirSync(join(folder, 'flows'));
    await startDaemon(folder);
    writeFileSync(join(folder, 'flows', 'more.yaml'), 'handlers: { more: { emit: x } }');
    const { stdout, stderr } = await signalbox(folder, ['plan']);
    expect(stdout).toMatch(/^\+ more\n/);
    expect(stderr).toMatch(/^flows\/more\.yaml:1:\d+: warning: .*\[config\.unused_handler\]\n$/);
  });
});

describe('reload', () => {
  test('puts the files in force and shows what changed', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    await startDaemon(folder);
    change(folder, AFTER);
    const { code, stdout } = await signalbox(folder, ['reload']);
    expect(code).toBe(0);
    expect(stdout.replace(/[0-9a-f]{16}/, 'HASH')).toBe(
      `${DIFFERENCE}Needs a restart: port.\nIn force from now on: HASH.\n`,
    );
    expect(await signalboxJson(folder, ['reload'])).toMatchObject({ ok: true, activated: false });
    expect(await signalboxJson(folder, ['status'])).toMatchObject({ state: 'running' });
    expect(await signalboxJson(folder, ['status'])).not.toHaveProperty('pending');
    const again = await signalbox(folder, ['reload']);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('The files were in force already.\n');
    const { items } = (await signalboxJson(folder, ['events', '--type', 'catalog.*'])) as {
      readonly items: readonly { readonly data: unknown }[];
    };
    expect(items.map(({ data }) => data)).toMatchObject([
      { actor: 'start', added: ['cleanup', 'release', 'same'], removed: [] },
      {
        actor: 'owner',
        added: ['report'],
        removed: ['cleanup'],
        changed: ['release'],
        unchanged: 1,
      },
    ]);
  });

  test('goes with what a pending start left', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    await (await startDaemon(folder)).end();
    // Somebody rewrites the file and waits for a restart.
    change(folder, `autonomy: 3\nqueue_overflow: drop\n${AFTER.replace('port: 9', 'port: 0')}`);
    const { log } = await startDaemon(folder);
    expect(log()).toContain('settings of the files are not in force yet waiting=autonomy\n');
    expect(log()).toContain('settings protect less than at the last start what="runs are dropped');
    expect((await signalbox(folder, ['autonomy'])).stdout).toContain('2');
    expect(await signalboxJson(folder, ['status'])).toHaveProperty('pending');
    expect((await signalbox(folder, ['status'])).stdout).toContain('see: signalbox plan');
    expect(await signalboxJson(folder, ['reload'])).toMatchObject({
      activated: true,
      settings: ['autonomy'],
      needs_restart: [],
      weaker: ['more happens without a person (autonomy 3)'],
    });
    expect(await signalboxJson(folder, ['status'])).not.toHaveProperty('pending');
    expect(await signalboxJson(folder, ['autonomy'])).toMatchObject({ level: 3 });
  });

  test('needs a daemon', async () => {
    const folder = makeFolder({ 'signalbox.yaml': BEFORE });
    const { code, stderr } = await signalbox(folder, ['reload']);
    expect(code).toBe(69);
    expect(stderr).toContain('signalbox up');
  });
});
