import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../fixtures/until.ts';
import { makeFolder, signalbox, signalboxJson, start, startDaemon } from './signalbox.ts';

const GREET = `
flows:
  greet:
    on: greeting.requested
    steps:
      - { id: say, run: [node, -e, "console.log('hello')"] }
`;
/** Runs that cost little beside their lines in the log. */
const CHATTY = 'flows: { talk: { on: bulk.x, steps: [{ emit: bulk.told }] } }';
/** A step that does not end by itself, nor when it is asked to. */
const STUBBORN = `
flows:
  hang:
    on: hang.requested
    steps:
      - id: hang
        run: [node, -e, "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]
`;

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('up', () => {
  test('says that it is ready in one line, also in the ready file', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { ready, child, end } = await startDaemon(folder, ['--ready-file', 'ready.json']);
    expect(ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      pid: child.pid,
      data: join(folder, '.signalbox'),
      epoch: 1,
      token_file: join(folder, '.signalbox', 'token'),
    });
    expect(JSON.parse(readFileSync(join(folder, 'ready.json'), 'utf8'))).toEqual(ready);
    expect(await end()).toBe(0);
  });

  test('keeps the data, the token and its own record from everybody else', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { ready, end } = await startDaemon(folder);
    const record = join(ready.data, 'daemon.json');
    expect([modeOf(ready.data), modeOf(ready.token_file), modeOf(record)]).toEqual([
      '700',
      '600',
      '600',
    ]);
    const token = readFileSync(ready.token_file, 'utf8');
    expect(token).toMatch(/^[0-9a-z]{52}\n$/);
    await end();
    expect(existsSync(record)).toBe(false);
    const again = await startDaemon(folder);
    expect(readFileSync(again.ready.token_file, 'utf8')).toBe(token);
    expect(again.ready.epoch).toBeGreaterThan(ready.epoch);
  });

  test('tells the runs as they happen, and what to try next', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { log, logged } = await startDaemon(folder);
    await logged('signalbox emit greeting.requested');
    await signalbox(folder, ['emit', 'greeting.requested', '--wait']);
    await logged('run succeeded');
    expect(log()).toMatch(/run started .*flow=greet/);
  });

  test('logs JSON lines where it is asked to', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { log, logged, ready, end } = await startDaemon(folder, ['--json']);
    await logged('"ready"');
    await end();
    const lines = log().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      level: 'info',
      message: 'ready',
      url: ready.url,
      data: ready.data,
    });
  });

  test('refuses a configuration with every finding at its place, and touches nothing', async () => {
    const folder = makeFolder({
      'signalbox.yaml':
        'flows:\n  a: { on: x, stepps: [] }\n  b: { on: y, steps: [{ emitt: z }] }\n',
    });
    const { code, stderr, stdout } = await signalbox(folder, ['up']);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(stderr).toContain('signalbox.yaml:2:15: error: ');
    expect(stderr).toContain('did you mean "steps"?');
    expect(stderr).toMatch(/signalbox\.yaml:3:\d+: error: /);
    expect(existsSync(join(folder, '.signalbox'))).toBe(false);
  });

  test('refuses to start where there is no configuration', async () => {
    const { code, stderr } = await signalbox(makeFolder(), ['up']);
    expect(code).toBe(65);
    expect(stderr).toContain('signalbox.yaml');
  });

  test('refuses a configuration of a kind that is not read, and says which are', async () => {
    const folder = makeFolder({ 'box.ini': 'flows: {}' });
    const { code, stderr } = await signalbox(folder, ['up', '--config', 'box.ini']);
    const kinds = '.yaml, .yml, .toml, .json, .md';
    expect({ code, stderr }).toMatchObject({
      code: 65,
      stderr: `signalbox: --config box.ini is of no kind that is read: ${kinds}.\n`,
    });
  });

  test('refuses an unsafe configuration with a code of its own', async () => {
    const folder = makeFolder({ 'signalbox.yaml': 'host: 0.0.0.0\nflows: {}\n' });
    const { code, stderr } = await signalbox(folder, ['up']);
    expect(code).toBe(77);
    expect(stderr).toContain('signalbox.yaml:1:7');
  });

  test('names the daemon that holds the data', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { ready } = await startDaemon(folder);
    const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect(code).toBe(75);
    expect(stderr).toContain(`process ${ready.pid} at ${ready.url}`);
  });

  test('names an address that is taken, and leaves the data free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { code, stderr } = await signalbox(folder, ['up', '--port', String(port)]);
    expect(code).toBe(71);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(await (await startDaemon(folder)).end()).toBe(0);
  });

  test('names a data directory that cannot be used', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET, occupied: '' });
    const { code, stderr } = await signalbox(folder, ['up', '--data', 'occupied']);
    expect(code).toBe(73);
    expect(stderr).toContain(join(folder, 'occupied'));
  });

  test('refuses a damaged log', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { ready, end } = await startDaemon(folder);
    await end();
    writeFileSync(join(ready.data, 'signalbox.db'), 'this was a log once'.repeat(500));
    const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect(code).toBe(76);
    expect(stderr).toContain('signalbox.db');
  });

  test('says that changed files wait, and puts them in force with --apply', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    await (await startDaemon(folder)).end();
    writeFileSync(join(folder, 'signalbox.yaml'), GREET.replace('hello', 'good day'));
    const pending = await startDaemon(folder);
    await pending.logged('signalbox reload');
    await pending.end();
    const applied = await startDaemon(folder, ['--apply']);
    await applied.logged('ready');
    expect(await signalboxJson(folder, ['status'])).not.toHaveProperty('pending');
    expect(applied.log()).not.toContain('signalbox reload');
  });

  test('lives on when nobody reads its output any more', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GREET });
    const { child, end } = await startDaemon(folder);
    child.stdout.destroy();
    child.stderr.destroy();
    for (let i = 0; i < 3; i++) {
      const { code } = await signalbox(folder, ['emit', 'greeting.requested', '--wait']);
      expect(code).toBe(0);
    }
    expect(await end()).toBe(0);
  });

  test('answers while its log is full because its reader stands still', async () => {
    const folder = makeFolder({ 'signalbox.yaml': CHATTY });
    const child = start(folder, ['up', '--port', '0', '--json']);
    child.stderr.pause();
    await once(child.stdout, 'data');
    // Two lines a run: several times what a pipe holds.
    const input = '{"type":"bulk.x"}\n'.repeat(1_500);
    expect((await signalbox(folder, ['emit', '-'], { input })).code).toBe(0);
    const last = await signalbox(folder, ['emit', 'bulk.x', '--wait']);
    expect(last.code).toBe(0);
  });

  test('ends at once with a second signal', async () => {
    const folder = makeFolder({ 'signalbox.yaml': STUBBORN });
    const { child, logged } = await startDaemon(folder);
    await signalbox(folder, ['emit', 'hang.requested']);
    await logged('run started');
    child.kill('SIGTERM');
    await logged('stopping');
    expect((await signalbox(folder, ['status'])).code).toBe(69);
    // Signals that come together are one: npm and the terminal both pass Ctrl-C on.
    await until(() => {
      child.kill('SIGTERM');
      return child.exitCode !== null;
    });
    expect(child.exitCode).toBe(1);
  });
});

test('in test mode tells events and runs as they come, and nobody over a channel', async () => {
  const config = {
    channels: { ops: { command: ['sh', '-c', 'echo told > told'] } },
    flows: {
      warn: { on: 'space.short', steps: [{ notify: 'ops', message: '{payload.left} left' }] },
    },
  };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify(config) });
  const { logged, log, end } = await startDaemon(folder, ['--test-mode']);
  await signalbox(folder, ['emit', 'space.short', '--data', '{"left":"3 GB"}', '--wait']);
  await logged(/notification\.sent .*3 GB left/);
  await logged('warn succeeded');
  expect(log()).toMatch(/test mode: nobody is told anything over a channel/);
  expect(log()).toMatch(/#\d+ {2}event {2}space\.short {2}from cli/);
  const { stdout } = await signalbox(folder, ['events', '--type', 'notification.sent', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    items: [{ data: { channel: 'ops', message: '3 GB left', muted: true } }],
  });
  expect(existsSync(join(folder, 'told'))).toBe(false);
  expect(await end()).toBe(0);
});
