import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import { type Command, type CommandEnd } from '../../../src/std/command.ts';
import { hidingOf } from '../../../src/std/isolation/hiding.ts';
import type { Isolation } from '../../../src/std/isolation/isolation.ts';
import { IsolatedProcesses } from '../../../src/std/isolation/isolated-processes.ts';
import { measureIsolation } from '../../../src/std/isolation/measure.ts';
import { SystemProcesses, tryCommand } from '../../../src/std/process.ts';
import { processesNamed } from '../../fixtures/processes.ts';
import { until } from '../../fixtures/until.ts';

const PATH = process.env['PATH'] ?? '';

let folder: string;
let processes: SystemProcesses;
let isolation: Isolation;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'isolated-')));
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/token'), 'secret');
  writeFileSync(join(folder, 'text'), '', { mode: 0o644 });
  processes = new SystemProcesses({ owner: `isolated${process.pid}`, clock: new SystemClock() });
  const ids = { user: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0 };
  const hiding = hidingOf(join(folder, 'data'), ids);
  const options = { hiding, folder: join(folder, 'data'), path: PATH, attempt: tryCommand };
  const measured = await measureIsolation(options);
  if (measured.isolation === undefined) throw new Error(measured.obstacles.join('; '));
  isolation = measured.isolation;
});
afterAll(async () => {
  await processes.stop();
  rmSync(folder, { recursive: true });
});

test('a command keeps its words, folder, environment, input, user, output and code', async () => {
  const script = `process.stdout.write(JSON.stringify([process.argv.slice(1), process.cwd(),
    process.getuid(), process.env.A, process.env.BASH_ENV, fs.readFileSync(0, 'utf8')]));
    process.stderr.write('last words'); process.exit(7)`;
  const words = ['', ' a  b ', '$(id)', "'; id #", 'é\n'];
  const end = await run({
    argv: ['node', '-e', script, '--', ...words],
    environment: { A: '$B', BASH_ENV: './own' },
    stdin: 'in',
  });
  if (end.kind !== 'exited') throw new Error(end.kind);
  expect([end.code, String(end.stderr.bytes)]).toEqual([7, 'last words']);
  const seen = [words, folder, process.getuid?.(), '$B', './own', 'in'];
  expect(JSON.parse(String(end.stdout.bytes))).toEqual(seen);
});

test('it cannot move away what holds the data, nor see it by a relative way', async () => {
  const moves = 'mv "$PWD" "$PWD-2"; mv "../${PWD##*/}" ../moved; ls -A data ./data; pwd';
  const end = await run({ argv: ['sh', '-c', moves] });
  if (end.kind !== 'exited') throw new Error(end.kind);
  expect(String(end.stdout.bytes)).toBe(`./data:\n\ndata:\n${folder}\n`);
  expect(String(end.stderr.bytes).match(/busy/g)).toHaveLength(2);
  expect(existsSync(join(folder, 'data/token'))).toBe(true);
});

test('its folder is one file system, however a file in it is named', async () => {
  const script = `fs.writeFileSync('a', ''); fs.renameSync('a', process.cwd() + '/b')`;
  const end = await run({ argv: ['node', '-e', script] });
  expect([end.kind, existsSync(join(folder, 'b'))]).toEqual(['exited', true]);
});

test('it is told apart what cannot be started, as without isolation', async () => {
  const reasonOf = async (command: Partial<Command>): Promise<unknown> => {
    const end = await run(command);
    return end.kind === 'unstarted' && end.reason;
  };
  expect(await reasonOf({ argv: ['absent-program'] })).toBe('not_found');
  expect(await reasonOf({ argv: ['./text'] })).toBe('not_executable');
  expect(await reasonOf({ argv: ['id'], directory: join(folder, 'absent') })).toBe('no_directory');
  expect(await reasonOf({ argv: ['id', 'x'.repeat(3e6)] })).toBe('too_long');
  expect(await reasonOf({ argv: ['id'], signal: AbortSignal.abort() })).toBe('aborted');
  await expect(run({ argv: [] })).rejects.toThrow(TypeError);
});

test('a command that cannot be isolated is not begun', async () => {
  const failing: Isolation = { ...isolation, isFailure: () => true };
  const end = await run({ argv: ['true'] }, failing);
  expect(end).toEqual({ kind: 'unstarted', reason: 'unavailable' });
});

test('a command hears SIGTERM, and ends with all that it started', async () => {
  const sleep = `sleep 300.${process.pid}`;
  const script = `trap 'echo heard; exit' TERM; setsid ${sleep} & ${sleep} & echo ready > ready
    while :; do wait; done`;
  const over = new AbortController();
  const running = run({ argv: ['sh', '-c', script], signal: over.signal });
  const words = sleep.replace(' ', '\0');
  await until(() => processesNamed(words).length >= 2);
  over.abort();
  const end = await running;
  expect(end).toMatchObject({ kind: 'killed', aborted: true });
  expect(end.kind === 'killed' && String(end.stdout.bytes)).toBe('heard\n');
  await until(() => processesNamed(words).length === 0);
});

function run(command: Partial<Command>, by = isolation): Promise<CommandEnd> {
  return new IsolatedProcesses({ processes, isolation: by }).run({
    argv: ['true'],
    directory: folder,
    stdoutBytesMax: 10_000,
    stderrBytesMax: 10_000,
    signal: new AbortController().signal,
    ...command,
    environment: { PATH, ...command.environment },
  });
}
