import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GuardProcess, ProcessGuard } from '../../src/std/process-guard.ts';
import { lives } from '../fixtures/processes.ts';
import { until } from '../fixtures/until.ts';

let table: string;
let started: ChildProcess[];
let guard: ProcessGuard;
beforeEach(() => {
  table = mkdtempSync(join(tmpdir(), 'guard-'));
  started = [];
});
afterEach(async () => {
  const stopped = guard.stop();
  for (const child of started) child.kill('SIGKILL');
  await stopped;
  rmSync(table, { recursive: true });
});

test.each(['', 'SIGNALBOX_PROCESS=', 'SIGNALBOX_PROCESS=abc', 'PATH=longer.than.that'])(
  'the marker "%s", which others may bear too, makes a guard kill nobody',
  async (marker) => {
    const victim = run('sleep', ['1000']);
    show(victim.pid ?? 0, `PATH=longer.than.that\0SIGNALBOX_PROCESS=abc.def.ghi.jkl\0`);
    guard = guardOf(marker, (argv) => run('sh', argv));
    guard.ensure();
    await guard.stop();
    expect(lives(victim.pid ?? 0)).toBe(true);
  },
);

test('a whole marker makes it kill exactly those who bear it', async () => {
  const [victim, other] = [run('sleep', ['1000']), run('sleep', ['1000'])];
  show(victim.pid ?? 0, 'A=1\0SIGNALBOX_PROCESS=abc.def.ghi.jkl\0');
  show(other.pid ?? 0, 'A=1\0SIGNALBOX_PROCESS=abc.xyz.ghi.jkl\0');
  const ended = once(victim, 'exit').then(() =>
    rmSync(join(table, String(victim.pid)), { recursive: true }),
  );
  guard = guardOf('SIGNALBOX_PROCESS=abc.def.', (argv) => run('sh', argv));
  guard.ensure();
  await Promise.all([guard.stop(), ended]);
  expect(victim.signalCode).toBe('SIGKILL');
  expect(lives(other.pid ?? 0)).toBe(true);
});

test('a leader whose number is another one’s by now is spared with its group', async () => {
  const victim = run('sleep', ['1000']);
  const fields = Array.from({ length: 17 }, () => '0').join(' ');
  show(victim.pid ?? 0, '', `${victim.pid} (sleep) S 1 ${fields} 77 0\n`);
  guard = guardOf('SIGNALBOX_PROCESS=abc.def.', (argv) => run('sh', argv));
  guard.ensure();
  guard.watch({ pid: victim.pid ?? 0, start: '76' });
  await guard.stop();
  expect(lives(victim.pid ?? 0)).toBe(true);
});

test('what was released is spared', async () => {
  const victims = [run('sleep', ['1000']), run('sleep', ['1000']), run('sleep', ['1000'])];
  const pids = victims.map((victim) => victim.pid ?? 0);
  guard = guardOf('SIGNALBOX_PROCESS=abc.def.', (argv) => run('sh', argv));
  guard.ensure();
  for (const pid of pids) guard.watch({ pid, start: '' });
  guard.release({ pid: pids[1] ?? 0, start: '' });
  await guard.stop();
  await until(() => !lives(pids[0] ?? 0) && !lives(pids[2] ?? 0));
  expect(lives(pids[1] ?? 0)).toBe(true);
});

test('a guard that does not read is replaced', async () => {
  guard = guardOf('SIGNALBOX_PROCESS=abc.def.', () => run('sleep', ['1000']));
  guard.ensure();
  for (let pid = 100_000; pid < 150_000; pid++) {
    guard.watch({ pid, start: '1' });
    guard.release({ pid, start: '1' });
  }
  guard.watch({ pid: 200_000, start: '1' });
  await until(() => started.length > 1);
  expect(guard.works).toBe(true);
});

test('a guard that always ends is not started for ever', async () => {
  guard = guardOf('SIGNALBOX_PROCESS=abc.def.', () => run('true', []));
  guard.watch({ pid: 200_000, start: '1' });
  expect(guard.works).toBe(true);
  guard.ensure();
  await until(() => !guard.works);
  expect(started.length).toBe(10);
});

function guardOf(marker: string, start: (argv: readonly string[]) => ChildProcess): ProcessGuard {
  return new ProcessGuard({ marker, table, start: (argv) => asGuard(start(argv)) });
}

function asGuard(child: ChildProcess): GuardProcess {
  if (child.stdin === null) throw new Error('It has no input.');
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { input: child.stdin, ended, kill: () => child.kill('SIGKILL') };
}

function run(program: string, argv: readonly string[]): ChildProcess {
  const child = spawn(program, argv, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  started.push(child);
  return child;
}

/** Shows a process to the guard as the system would. */
function show(pid: number, environment: string, status?: string): void {
  const folder = join(table, String(pid));
  mkdirSync(folder);
  writeFileSync(join(folder, 'environ'), environment);
  if (status !== undefined) writeFileSync(join(folder, 'stat'), status);
}
