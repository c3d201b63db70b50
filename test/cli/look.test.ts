import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../fixtures/until.ts';
import { makeFolder, signalbox, signalboxJson, start, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  greet:
    on: greeting.requested
    steps:
      - { id: say, run: [node, -e, "console.log(JSON.stringify({hello: 'you'}))"] }
      - { id: tell, emit: greeting.told, data: { text: "{steps.say.output.hello}" } }
  refuse:
    on: refusal.requested
    steps:
      - id: no
        run: [node, -e, "console.error('not today'); process.exit(3)"]
        retry: { attempts: 1 }
`;

const shared = mkdtempSync(join(tmpdir(), 'signalbox-look-'));
afterAll(() => rmSync(shared, { recursive: true, force: true }));
let made: Promise<string> | undefined;

/** A folder with a run that succeeded, one that failed, and an event that nobody wants. */
function folderWithRuns(): Promise<string> {
  made ??= makeRuns(shared);
  return made;
}

async function makeRuns(folder: string): Promise<string> {
  writeFileSync(join(folder, 'signalbox.yaml'), FLOWS);
  const { end } = await startDaemon(folder);
  await signalbox(folder, ['emit', 'greeting.requested', '--wait']);
  await signalbox(folder, ['emit', 'refusal.requested', '--wait']);
  await signalbox(folder, ['emit', 'forged\u001b[31m', '--subject', 'x']);
  await signalbox(folder, ['emit', 'nobody.cares', '--data', '"\\u001b[2Jcleared"']);
  await end();
  return folder;
}

describe('without a daemon', () => {
  test('everything can be looked at and proved', async () => {
    const folder = await folderWithRuns();

    const events = await signalbox(folder, ['events']);
    expect(events.stdout).toMatch(/^ID +RECEIVED +TYPE +SOURCE +SUBJECT +OUTCOME$/m);
    expect(events.stdout).toMatch(/greeting\.requested +cli +started$/m);
    expect(events.stdout).toMatch(/nobody\.cares +cli +unmatched$/m);

    const runs = await signalbox(folder, ['runs']);
    expect(runs.stdout).toMatch(/^sb\w+-\d+ +refuse +failed +0\/1 /m);
    expect(runs.stdout).toMatch(/^sb\w+-\d+ +greet +succeeded +2\/2 /m);

    expect(await signalboxJson(folder, ['verify'])).toMatchObject({
      ok: true,
      first_bad: null,
      sum: { started: 2, dead_lettered: 0, waiting: 0, succeeded: 1, failed: 1 },
    });
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({
      ok: true,
      runs: 2,
      differences: [],
    });
    expect(await signalboxJson(folder, ['stats'])).toMatchObject({
      runs: { succeeded: 1, failed: 1 },
      lag: { router: 0 },
    });
  });

  test('an event is shown with its way and what became of it', async () => {
    const folder = await folderWithRuns();
    const { items } = (await signalboxJson(folder, ['events', '--type', 'greeting.requested'])) as {
      readonly items: readonly { readonly id: string }[];
    };
    const { stdout } = await signalbox(folder, ['events', 'show', items[0]?.id ?? '']);
    expect(stdout).toMatch(/^outcome +started$/m);
    expect(stdout).toMatch(/[\d.]+ m?s +step\.completed +greet +say +sb/);
    expect(stdout).toMatch(/[\d.]+ m?s +run\.succeeded +greet +tell +sb/);
    expect(stdout).toMatch(/^ +greet +started +sb\w+-\d+$/m);

    const forged = await signalbox(folder, ['events', 'show', '999']);
    expect(forged.code).toBe(2);
    expect(forged.stderr).toContain('There is no event "999"');
  });

  test('a run is shown step by step, with the reason where it failed', async () => {
    const folder = await folderWithRuns();
    const { items } = (await signalboxJson(folder, ['runs'])) as {
      readonly items: readonly { readonly id: string; readonly flow: string }[];
    };
    const idOf = (flow: string): string => items.find((run) => run.flow === flow)?.id ?? '';

    const good = await signalbox(folder, ['runs', 'show', idOf('greet')]);
    expect(good.stdout).toMatch(/^ {2}✓ say +run +succeeded +1 attempt +at \+[\d.]+ m?s +took /m);
    expect(good.stdout).toContain(`key     ${idOf('greet')}/say`);
    expect(good.stdout).toContain('output  {"hello":"you"}');

    const bad = await signalbox(folder, ['runs', idOf('refuse')]);
    expect(bad.stdout).toMatch(/^state +failed$/m);
    expect(bad.stdout).toMatch(/^ +error +.*3/m);
    expect(bad.stdout).toContain('not today');
    expect((await signalbox(folder, ['runs', '--state', 'failed'])).stdout).not.toContain('greet');
  });

  test('nothing in the log does anything to a terminal', async () => {
    const folder = await folderWithRuns();
    for (const args of [['events'], ['events', '--json'], ['events', 'export']]) {
      const { stdout } = await signalbox(folder, args);
      expect(stdout).toContain('nobody.cares');
      expect(stdout).not.toContain('\u001b');
    }
  });

  test('a changed byte is found, and where', async () => {
    const folder = makeFolder();
    cpSync(await folderWithRuns(), folder, { recursive: true });
    const file = join(folder, '.signalbox', 'signalbox.db');
    const bytes = readFileSync(file);
    bytes.write('forgery', bytes.indexOf('cleared'));
    writeFileSync(file, bytes);
    const { code, stdout } = await signalbox(folder, ['verify', '--json']);
    expect(code).toBe(76);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      first_bad: { seq: expect.any(Number) as number },
    });
    const told = await signalbox(folder, ['verify']);
    expect(told.code).toBe(76);
    expect(told.stderr).toContain('The log is damaged at event ');
  });

  test('what only a daemon can answer says so, and how to start one', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    for (const args of [['status'], ['events', '--follow']]) {
      const { code, stderr, stdout } = await signalbox(folder, args);
      expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
      expect(stderr).toContain('signalbox up');
    }
  });

  test('a folder without data is told apart from an empty log', async () => {
    const { code, stderr } = await signalbox(makeFolder({ 'signalbox.yaml': FLOWS }), ['events']);
    expect(code).toBe(73);
    expect(stderr).toContain('There is no data directory');
  });
});

describe('with a daemon', () => {
  test('status says how it is', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { ready } = await startDaemon(folder);
    const { stdout } = await signalbox(folder, ['status']);
    expect(stdout).toContain(ready.url);
    expect(stdout).toMatch(/^state +running$/m);
    expect(await signalboxJson(folder, ['status'])).toMatchObject({ state: 'running', lag: 0 });
  });

  test('the log is proved while it is written to', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    await startDaemon(folder);
    await signalbox(folder, ['emit', 'greeting.requested', '--wait']);
    expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true });
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
  });

  test('it can be reached from elsewhere with its address and token', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { ready } = await startDaemon(folder);
    const elsewhere = makeFolder();
    const token = readFileSync(ready.token_file, 'utf8').trim();
    const there = ['--url', ready.url, '--token', token];
    expect((await signalbox(elsewhere, [...there, 'status'])).code).toBe(0);
    expect((await signalbox(elsewhere, ['emit', 'a', ...there])).code).toBe(0);
    const env = { SIGNALBOX_TOKEN: token };
    expect((await signalbox(elsewhere, ['stats', '--url', ready.url], { env })).code).toBe(0);
    const wrong = await signalbox(elsewhere, ['stats', '--url', ready.url, '--token', 'wrong']);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('This is no token that lets anybody in');
    expect((await signalbox(elsewhere, ['stats', '--url', ready.url])).code).toBe(2);
  });

  test('events are followed as they come, until the daemon stops', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder);
    const follower = start(folder, ['events', '--follow', '--type', 'a.*', '--json']);
    let seen = '';
    follower.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => follower.once('exit', resolve));
    await signalbox(folder, ['emit', 'b.c']);
    await signalbox(folder, ['emit', 'a.b', '--data', '1']);
    await until(() => seen.includes('\n'));
    // It has listed what there was, so that this one comes by the stream.
    await signalbox(folder, ['emit', 'a.c']);
    await until(() => seen.includes('"a.c"'));
    const [line = ''] = seen.split('\n');
    expect(JSON.parse(line)).toMatchObject({ type: 'a.b', data: 1 });
    await end();
    expect(await ended).toBe(0);
  });

  test('a record that a crashed daemon left misleads nobody', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder);
    await signalbox(folder, ['emit', 'a']);
    await end('SIGKILL');
    expect((await signalbox(folder, ['status'])).code).toBe(69);
    expect((await signalbox(folder, ['events'])).stdout).toMatch(/ a +cli /);
    expect((await signalbox(folder, ['emit', 'a'])).code).toBe(0);
  });

  test('nor does one whose number is another process by now', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { ready, end } = await startDaemon(folder);
    const record = readFileSync(join(ready.data, 'daemon.json'), 'utf8');
    await end();
    const reused = { ...(JSON.parse(record) as object), pid: process.pid };
    writeFileSync(join(ready.data, 'daemon.json'), JSON.stringify(reused));
    expect((await signalbox(folder, ['status'])).code).toBe(69);
    expect((await signalbox(folder, ['emit', 'a'])).code).toBe(0);
  });

  test('a reader that has seen enough ends the export', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    await startDaemon(folder);
    const input = '{"type":"a","data":"0123456789"}\n'.repeat(2_000);
    await signalbox(folder, ['emit', '-'], { input });
    const child = start(folder, ['events', 'export']);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdout.once('data', () => child.stdout.destroy());
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await ended).toBe(0);
  });
});
