import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSystemd, watchdogIntervalMs } from '../../src/cli/systemd.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { nextTurn } from '../../src/std/turn.ts';
import { until } from '../fixtures/until.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

/** Writes down what it is told instead of sending it. */
const PROGRAM = '#!/bin/sh\necho "$@" >> "$0.told"\n';
/** Takes datagrams as systemd does, and prints each. */
const RECEIVER = `
use Socket; $| = 1;
socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; bind(S, pack_sockaddr_un($ARGV[0])) or die;
print "bound\\n";
while (defined recv(S, my $text, 4096, 0)) { $text =~ s/\\n/ /g; print "$text\\n" }
`;

interface Told {
  readonly env: Readonly<Record<string, string>>;
  readonly lines: () => string[];
}

/** A `systemd-notify` on the path that writes down what it is told. */
function fakeProgram(): Told {
  const folder = makeFolder({ 'systemd-notify': PROGRAM });
  const program = join(folder, 'systemd-notify');
  chmodSync(program, 0o755);
  const told = `${program}.told`;
  const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
  return {
    env: { PATH, NOTIFY_SOCKET: join(folder, 'socket') },
    lines: () => (existsSync(told) ? readFileSync(told, 'utf8').trimEnd().split('\n') : []),
  };
}

describe('how often systemd wants a sign of life', () => {
  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 10_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 10_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '1' }, 1],
    [{ WATCHDOG_USEC: '99000000000000' }, 3_600_000],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'often' }, undefined],
  ])('%o', (env, expected) => {
    expect(watchdogIntervalMs({ env, pid: 7 })).toBe(expected);
  });
});

describe('signs of life', () => {
  test('are given while the store answers, and not while it hangs', async () => {
    const { env, lines } = fakeProgram();
    // The program is looked up on the path of this process, as in a daemon.
    const before = process.env['PATH'];
    process.env['PATH'] = env['PATH'];
    onTestFinished(() => void (process.env['PATH'] = before));
    const clock = new SimulatedClock();
    const watched = { ...env, WATCHDOG_USEC: '3000000' };
    const systemd = openSystemd({ env: watched, pid: 7, clock, logger: silentLogger });
    let answer = Promise.resolve();
    systemd.watch(() => answer);
    const told = (count: number): Promise<void> => until(() => lines().length === count);
    await told(1);
    await until(() => clock.untilNext() !== undefined);
    clock.advance(1_000);
    await told(2);
    await until(() => clock.untilNext() !== undefined);
    let goOn = (): void => {};
    answer = new Promise<void>((resolve) => (goOn = resolve));
    clock.advance(1_000);
    await nextTurn();
    clock.advance(3_600_000);
    await nextTurn();
    expect(clock.untilNext()).toBeUndefined();
    expect(lines()).toEqual(['WATCHDOG=1', 'WATCHDOG=1']);
    goOn();
    await told(3);
    systemd.stopping();
    await until(() => lines().includes('STOPPING=1 --status=stopping'));
    expect(clock.untilNext()).toBeUndefined();
  });
});

describe('a daemon that systemd started', () => {
  const FILES = { 'signalbox.yaml': 'flows: {}' };

  test('says when it is ready, that it lives, and that it stops', async () => {
    const { env, lines } = fakeProgram();
    const daemon = await startDaemon(makeFolder(FILES), [], {
      env: { ...env, WATCHDOG_USEC: '60000' },
    });
    await until(() => lines().filter((line) => line === 'WATCHDOG=1').length >= 3);
    await until(() => lines().includes(`--ready --status=takes events at ${daemon.ready.url}`));
    expect(await daemon.end()).toBe(0);
    await until(() => lines().includes('STOPPING=1 --status=stopping'));
  });

  test('says so to a real socket, by the program that systemd brings', async () => {
    const found = ['perl', 'systemd-notify'].filter((name) => hasProgram(name));
    if (found.length < 2) {
      console.log('a real socket: not tried, since there is no perl or no systemd-notify');
      return;
    }
    const folder = makeFolder(FILES);
    const socket = join(folder, 'notify');
    const receiver = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void receiver.kill('SIGKILL'));
    let heard = '';
    receiver.stdout.on('data', (chunk: Buffer) => (heard += String(chunk)));
    await until(() => heard.includes('bound'));
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '60000' };
    const daemon = await startDaemon(folder, [], { env });
    await until(() => heard.includes('WATCHDOG=1'));
    await until(() => /^READY=1 /m.test(heard));
    await until(() => heard.includes(`STATUS=takes events at ${daemon.ready.url}`));
    expect(await daemon.end()).toBe(0);
    await until(() => heard.includes('STOPPING=1'));
    receiver.kill('SIGKILL');
    await once(receiver, 'close');
  });

  test('says in its log that the program is missing, once, and works', async () => {
    const folder = makeFolder(FILES);
    const env = { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '60000', PATH: folder };
    const daemon = await startDaemon(folder, [], { env });
    await daemon.logged('there is no program systemd-notify; it comes with systemd');
    expect((await signalbox(folder, ['emit', 'x.y'])).code).toBe(0);
    expect(await daemon.end()).toBe(0);
    expect(daemon.log().match(/there is no program/g)).toHaveLength(1);
  });
});

function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
