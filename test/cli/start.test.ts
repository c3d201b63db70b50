import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wordsOf } from '../../src/cli/background.ts';
import { lives } from '../fixtures/processes.ts';
import { until } from '../fixtures/until.ts';
import { type Child, makeFolder, type Ready, signalbox, start } from './signalbox.ts';

const FILES = { 'signalbox.yaml': 'flows: { a: { on: x.y, steps: [{ emit: x.z }] } }' };

/** Starts a daemon in the background; gone after the test. */
async function startBehind(folder: string, ...args: readonly string[]): Promise<Ready> {
  const { code, stdout, stderr } = await signalbox(folder, ['start', '--port', '0', ...args]);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  const ready = JSON.parse(stdout) as Ready;
  killAfterwards(ready.pid);
  return ready;
}

function killAfterwards(pid: number): void {
  onTestFinished(() => {
    if (lives(pid)) process.kill(pid, 'SIGKILL');
  });
}

interface StandIn {
  readonly standby: Child;
  readonly log: () => string;
}

/** Starts a daemon that stands by, and waits until it does. */
async function standIn(
  folder: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<StandIn> {
  const standby = start(folder, ['up', '--port', '0', '--standby', ...flags], { env });
  let log = '';
  standby.stderr.on('data', (chunk: Buffer) => (log += String(chunk)));
  await until(() => log.includes('standing by'));
  return { standby, log: () => log };
}

/** Who has the data of a daemon that died; gone after the test. */
async function successorOf(first: Ready): Promise<Ready> {
  const record = join(first.data, 'daemon.json');
  const holder = (): Ready => JSON.parse(readFileSync(record, 'utf8')) as Ready;
  await until(() => holder().pid !== first.pid);
  killAfterwards(holder().pid);
  return holder();
}

describe('start', () => {
  test('returns when the daemon takes events, which goes on until stop', async () => {
    const folder = makeFolder(FILES);
    const log = join(folder, 'my.log');
    const pidFile = join(folder, 'my.pid');
    const ready = await startBehind(folder, '--log-file', 'my.log', '--pid-file', 'my.pid');
    expect(ready).toMatchObject({ ready: true, data: join(folder, '.signalbox'), epoch: 1 });
    expect(readFileSync(pidFile, 'utf8')).toBe(`${ready.pid}\n`);
    await until(() => readFileSync(log, 'utf8').includes(`ready url=${ready.url}`));
    expect((await signalbox(folder, ['emit', 'x.y', '--wait'])).code).toBe(0);

    const again = await signalbox(folder, ['daemon', 'start', '--port', '0']);
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 75, stdout: '' });
    expect(again.stderr).toContain(`process ${ready.pid} at ${ready.url}`);

    // F27: a log that is moved away, as logrotate does it.
    renameSync(log, `${log}.1`);
    process.kill(ready.pid, 'SIGHUP');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('in force already'));
    expect(readFileSync(`${log}.1`, 'utf8')).not.toContain('in force already');

    const stopped = await signalbox(folder, ['stop']);
    expect(stopped).toMatchObject({ code: 0, stdout: `Stopped: process ${ready.pid}.\n` });
    expect(lives(ready.pid)).toBe(false);
    expect(existsSync(pidFile)).toBe(false);
    expect(readFileSync(log, 'utf8')).toMatch(/ stopped\n$/);
    for (const words of [['stop'], ['daemon', 'stop'], ['status'], ['daemon', 'status']]) {
      expect((await signalbox(folder, words)).code).toBe(69);
    }
  });

  test('fails with what the daemon says and its exit code, and leaves none behind', async () => {
    const folder = makeFolder({ ...FILES, 'bad.yaml': 'flows: { a: { stepps: [] } }' });
    const bad = await signalbox(folder, ['start', '--config', 'bad.yaml']);
    expect(bad).toMatchObject({ code: 65, stdout: '' });
    expect(bad.stderr).toContain('bad.yaml:1:');
    expect(existsSync(join(folder, '.signalbox'))).toBe(false);

    const log = await signalbox(folder, ['start', '--log-file', '/dev/null']);
    expect(log).toMatchObject({ code: 2, stdout: '' });
    const pid = await signalbox(folder, ['start', '--port', '0', '--pid-file', 'absent/x.pid']);
    expect(pid).toMatchObject({ code: 2, stdout: '' });
    expect(pid.stderr).toContain('absent/x.pid cannot be written');

    writeFileSync(join(folder, '.signalbox', 'signalbox.db'), 'a log once '.repeat(1_000));
    const damaged = await signalbox(folder, ['start', '--port', '0']);
    expect(damaged).toMatchObject({ code: 76, stdout: '' });
    expect(damaged.stderr).toContain('signalbox.db');
    expect((await signalbox(folder, ['status'])).code).toBe(69);
  });

  test('names the log where the daemon dies before it can say why', async () => {
    const die = `if (process.argv[2] === 'up') process.kill(process.pid, 'SIGKILL');`;
    const folder = makeFolder({ ...FILES, 'die.cjs': die });
    const env = { NODE_OPTIONS: '--require ./die.cjs' };
    const { code, stderr } = await signalbox(folder, ['start', '--port', '0'], { env });
    const log = join(folder, '.signalbox', 'daemon.log');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `signalbox: the daemon did not start: it was ended by SIGKILL; see ${log}\n`,
    });
  });

  test('means up with the same flags', () => {
    const flags = { background: true, apply: true, port: 0, pidFile: 'a b', sources: undefined };
    const words = ['up', '--apply', '--port=0', '--pid-file=a b'];
    expect(wordsOf(flags)).toEqual(words);
    // All users of a machine see the words of a process, as long as it lives.
    expect(wordsOf({ ...flags, url: 'http://a:1', token: 'a secret' })).toEqual(words);
  });
});

describe('stop', () => {
  test('signals nobody who only has the number of a daemon that died', async () => {
    const folder = makeFolder(FILES);
    const ready = await startBehind(folder, '--json');
    const file = join(ready.data, 'daemon.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    const daemonLog = join(ready.data, 'daemon.log');
    await until(() => readFileSync(daemonLog, 'utf8').includes('"ready"'));
    process.kill(ready.pid, 'SIGKILL');
    await until(() => !lives(ready.pid));
    // Were it taken for the daemon, this process would be asked to end.
    writeFileSync(file, JSON.stringify({ ...record, pid: process.pid }));
    expect((await signalbox(folder, ['stop'])).code).toBe(69);

    // Its last line may be half there.
    const log = readFileSync(daemonLog, 'utf8').split('\n').slice(0, -1);
    const messages = log.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toContain('ready');
  });

  test('is for the daemon of this machine alone', async () => {
    const { code, stderr } = await signalbox(makeFolder(FILES), ['stop', '--url', 'http://a:1']);
    expect(code).toBe(2);
    expect(stderr).toContain('name its data directory with --data');
  });
});

describe('a daemon that stands by', () => {
  test('takes over when the other one is killed', async () => {
    const folder = makeFolder(FILES);
    const first = await startBehind(folder);
    const second = await signalbox(folder, ['start', '--port', '0', '--standby']);
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toContain(`Standing by: process ${first.pid} holds the data`);
    const { id } = JSON.parse((await signalbox(folder, ['emit', 'x.y', '--json'])).stdout) as {
      readonly id: string;
    };
    process.kill(first.pid, 'SIGKILL');
    const next = await successorOf(first);
    expect(next.epoch).toBeGreaterThan(first.epoch);
    expect((await signalbox(folder, ['events', 'show', id])).code).toBe(0);
    expect((await signalbox(folder, ['emit', 'x.y', '--wait'])).code).toBe(0);
    expect((await signalbox(folder, ['verify'])).code).toBe(0);
    expect((await signalbox(folder, ['stop'])).code).toBe(0);
  });

  test('reads the files as they are then, and what is a secret by then is in no log', async () => {
    const folder = makeFolder(FILES);
    const first = await startBehind(folder);
    const env = { SECRET_WORD: 'a.word_that_is_secret' };
    const { log } = await standIn(folder, ['--apply'], env);
    const flow = 'on: a.word_that_is_secret, run: [echo], env: { WORD: "${SECRET_WORD}" }';
    writeFileSync(join(folder, 'signalbox.yaml'), `flows: { later: { ${flow} } }`);
    process.kill(first.pid, 'SIGKILL');
    await until(() => log().includes('try: signalbox emit'));
    expect(log()).toContain('try: signalbox emit [secret]');
    expect(log()).not.toContain(env.SECRET_WORD);
  });

  test('takes over with what the files were where they are gone', async () => {
    const folder = makeFolder(FILES);
    const first = await startBehind(folder);
    const { standby, log } = await standIn(folder);
    rmSync(join(folder, 'signalbox.yaml'));
    process.kill(first.pid, 'SIGKILL');
    const { pid } = await successorOf(first);
    expect(pid).toBe(standby.pid);
    await until(() => log().includes('the files are bad by now'));
  });

  test('ends with a signal as well while it waits', async () => {
    const folder = makeFolder(FILES);
    await startBehind(folder);
    const { standby } = await standIn(folder);
    standby.kill('SIGTERM');
    await until(() => standby.exitCode !== null);
    expect(standby.exitCode).toBe(0);
    expect((await signalbox(folder, ['stop'])).code).toBe(0);
  });
});
