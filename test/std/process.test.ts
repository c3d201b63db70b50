import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../src/std/clock.ts';
import type { Command, CommandEnd } from '../../src/std/command.ts';
import { ProcessTable } from '../../src/std/process-table.ts';
import { LINGER_MS, SystemProcesses, TERM_GRACE_MS } from '../../src/std/process.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { lives, processesNamed } from '../fixtures/processes.ts';
import { nextTurn } from '../../src/std/turn.ts';
import { until } from '../fixtures/until.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

/** How often the tests that race against processes are repeated; a soak raises it. */
const REPETITIONS = Number(process.env['SIGNALBOX_REPETITIONS'] ?? 4);

let folder: string;
let owner: string;
let processes: SystemProcesses;
let daemons: ChildProcess[];
beforeEach(() => {
  daemons = [];
  folder = mkdtempSync(join(tmpdir(), 'process-'));
  owner = randomBytes(8).toString('hex');
  processes = new SystemProcesses({ owner, clock: new SystemClock() });
});
afterEach(async () => {
  for (const daemon of daemons) daemon.kill('SIGKILL');
  await processes.stop();
  rmSync(folder, { recursive: true });
});

describe('a command', () => {
  test('gets its arguments, input, directory and environment, and nothing else', async () => {
    const script =
      'console.log(JSON.stringify({ argv: process.argv.slice(1), cwd: process.cwd(),' +
      ' env: process.env,' +
      ' input: require("fs").readFileSync(0, "utf8") }))';
    const argv = [
      'node',
      '-e',
      script,
      '--',
      '',
      ' a  b ',
      '$(id)',
      '`id`',
      "'; id #",
      'é\n\u0001',
    ];
    const end = await run({ argv, stdin: 'ä\n', environment: { A: '1', B: '$A' } });
    const { env, ...seen } = JSON.parse(printed(end).stdout) as { env: Record<string, string> };
    expect(seen).toEqual({ argv: argv.slice(4), cwd: folder, input: 'ä\n' });
    expect(env).toEqual({
      PATH: process.env['PATH'],
      A: '1',
      B: '$A',
      SIGNALBOX_PROCESS: expect.stringMatching(new RegExp(`^${owner}\\.\\w+\\.\\w+$`)),
    });
  });

  test('reads nothing where it is given no input', async () => {
    expect(printed(await run({ argv: ['cat'] })).stdout).toBe('');
  });

  test('may leave its input unread', async () => {
    const end = await run({ argv: ['true'], stdin: 'x'.repeat(5_000_000) });
    expect(end).toMatchObject({ kind: 'exited', code: 0 });
  });

  test.each([0, 1, 75, 255])('ends with exit code %i', async (code) => {
    expect(await run(shell(`exit ${code}`))).toMatchObject({ kind: 'exited', code });
  });

  test('ends by a signal of its own', async () => {
    const end = await run(shell('kill -SEGV $$'));
    expect(end).toMatchObject({ kind: 'killed', signal: 'SIGSEGV', aborted: false });
  });

  test('that prints 100 MB runs to its end, and the start is kept', async () => {
    const end = await run({ ...shell('head -c 100000000 /dev/zero; echo done >&2') });
    expect(end).toMatchObject({ kind: 'exited', code: 0 });
    expect(end).toMatchObject({ stdout: { bytesPrinted: 100_000_000 } });
    expect(printed(end).stdout).toBe('\0'.repeat(1_000));
    const ended = await run({ ...shell('seq 1000'), stdoutBytesMax: 9, keepsStdoutEnd: true });
    expect(printed(ended).stdout).toBe('999\n1000\n');
    expect(printed(end).stderr).toBe('done\n');
  });

  test('that complains at length is heard to the end', async () => {
    const end = await run({ ...shell('seq 1 100000 >&2'), stderrBytesMax: 14 });
    expect(printed(end).stderr).toBe('\n99999\n100000\n'.slice(-14));
  });

  test('prints any bytes', async () => {
    const end = await run(shell(String.raw`printf '\000\377\376\200'`));
    expect(end).toMatchObject({ stdout: { bytes: Buffer.of(0, 255, 254, 128) } });
  });
});

describe('a command that cannot start', () => {
  test('says whether it, the right to run it, or its directory is missing', async () => {
    const file = join(folder, 'plain');
    writeFileSync(file, 'text');
    chmodSync(file, 0o644);
    expect(await run({ argv: ['no-such-command'] })).toEqual(unstarted('not_found'));
    expect(await run({ argv: [file] })).toEqual(unstarted('not_executable'));
    const directory = join(folder, 'missing');
    expect(await run({ argv: ['true'], directory })).toEqual(unstarted('no_directory'));
  });

  test('says that its arguments are too long', async () => {
    expect(await run({ argv: ['true', 'x'.repeat(3_000_000)] })).toEqual(unstarted('too_long'));
  });

  test('as the machine has no files to spare may start later', async () => {
    const script = join(import.meta.dirname, 'crowded-daemon.mjs');
    const end = await run(shell(`ulimit -n 64; exec node ${script}`));
    expect(printed(end).stdout).toBe('["unavailable","unavailable","exited"]\n');
  });

  test('is not started when it is to be stopped already', async () => {
    const end = await run({ ...shell('touch started'), signal: AbortSignal.abort() });
    expect(end).toEqual(unstarted('aborted'));
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  test.each([[['true', 'a\0b']], [['']], [[]]])('is a mistake of the caller: %j', async (argv) => {
    await expect(run({ argv })).rejects.toThrow(TypeError);
  });

  test('is a mistake of the caller where the owner could be mistaken for another', () => {
    const clock = new SystemClock();
    for (const bad of ['', 'a.b', 'a b']) {
      expect(() => new SystemProcesses({ owner: bad, clock })).toThrow(TypeError);
    }
  });
});

describe('what a command leaves behind', () => {
  test('in its group is killed at its end', async () => {
    const end = await run(shell('sleep 1000 > /dev/null 2>&1 & echo $!'));
    expect(end).toMatchObject({ kind: 'exited', code: 0 });
    await until(() => !lives(Number(printed(end).stdout)));
  });

  test('in its group may finish its output for a while, and no longer', async () => {
    const clock = new SimulatedClock();
    processes = new SystemProcesses({ owner, clock });
    const text = newText();
    const wait = 'until [ -e go ]; do sleep 0.01; done';
    const late = `sh -c '${wait}; echo late; : > ready; sleep ${text}; :' ${text}`;
    const ended = run(shell(`${late} &`));
    await until(() => clock.untilNext() !== undefined);
    writeFileSync(join(folder, 'go'), '');
    await until(() => existsSync(join(folder, 'ready')));
    // What was written before the file was lies in the pipe: one turn of the loop reads it.
    await nextTurn();
    clock.advance(LINGER_MS);
    expect(printed(await ended).stdout).toBe('late\n');
    await until(() => processesNamed(text).length === 0);
  });

  test('outside its group lives on after success, until the daemon ends', async () => {
    const end = await run(shell(AWAY));
    const pid = Number(printed(end).stdout);
    expect(lives(pid)).toBe(true);
    await processes.stop();
    await until(() => !lives(pid));
  });

  test('outside its group is killed after a failure, so that a retry meets nobody', async () => {
    const end = await run(shell(`${AWAY}; exit 1`));
    expect(end).toMatchObject({ kind: 'exited', code: 1 });
    await until(() => !lives(Number(printed(end).stdout)));
  });
});

describe('a command that is stopped', () => {
  test('ends by SIGTERM where it obeys', async () => {
    const end = await abortWhenReady(shell(': > ready; exec sleep 1000'));
    expect(end).toMatchObject({ kind: 'killed', signal: 'SIGTERM', aborted: true });
  });

  test('may clean up', async () => {
    const end = await abortWhenReady(
      shell(`trap 'echo cleaned; exit 0' TERM; : > ready; while :; do sleep 0.01; done`),
    );
    expect(end).toMatchObject({ kind: 'killed', aborted: true });
    expect(printed(end).stdout).toBe('cleaned\n');
  });

  test('is gone soon after the grace, whatever it ignores and wherever it forked to', async () => {
    const started = performance.now();
    const text = newText();
    const end = await abortWhenReady(shell(stubborn(text)));
    expect(end).toMatchObject({ kind: 'killed', signal: 'SIGKILL', aborted: true });
    await until(() => processesNamed(text).length === 0);
    expect(performance.now() - started).toBeLessThan(TERM_GRACE_MS + allowedMs(3_000));
  });

  test(`is gone each of ${REPETITIONS} times`, async () => {
    const clock = new SimulatedClock();
    processes = new SystemProcesses({ owner, clock });
    for (let i = 0; i < REPETITIONS; i++) {
      const text = newText();
      const end = await abortWhenReady(shell(stubborn(text)), () => endGrace(clock));
      expect(end).toMatchObject({ signal: 'SIGKILL' });
      await until(() => processesNamed(text).length === 0);
      rmSync(join(folder, 'ready'));
    }
  });

  test('is not found outside its group where the system shows no processes', async () => {
    const none = join(folder, 'none');
    const table = new ProcessTable(none);
    processes = new SystemProcesses({ owner, clock: new SystemClock(), table, shell: none });
    expect(processes.limits()).toHaveLength(2);
    const end = await abortWhenReady(shell(`${AWAY}; : > ready; sleep 1000`));
    expect(end).toMatchObject({ kind: 'killed', signal: 'SIGTERM' });
    const escaped = Number(printed(end).stdout);
    expect(lives(escaped)).toBe(true);
    process.kill(escaped, 'SIGKILL');
  });
});

describe('when the daemon is killed', () => {
  test(`nothing of it is left after two seconds, each of ${REPETITIONS} times`, async () => {
    for (let i = 0; i < REPETITIONS; i++) {
      const { pid, text, below } = await startDoomed();
      expect(processesNamed(text).length).toBeGreaterThanOrEqual(6);
      process.kill(pid, 'SIGKILL');
      const left = () => [...processesNamed(text), ...below.filter(lives)];
      await vi.waitUntil(() => left().length === 0, allowedMs(2_000));
    }
  });

  test('its groups are killed even where the system shows no processes', async () => {
    const { pid, below, text } = await startDoomed(join(folder, 'none'));
    const groups = below.filter((each) => new ProcessTable().entry(each)?.parent === pid);
    expect(groups.length).toBeGreaterThanOrEqual(6);
    process.kill(pid, 'SIGKILL');
    await until(() => !groups.some(lives));
    for (const each of processesNamed(text)) process.kill(each, 'SIGKILL');
  });

  test('together with its guard, the next daemon of the owner kills what is left', async () => {
    const { pid, text, guard } = await startDoomed();
    // It is stopped first, so that it cannot replace the guard before it is killed itself.
    process.kill(pid, 'SIGSTOP');
    process.kill(guard(), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await until(() => !lives(pid));
    expect(await processes.killOrphans()).toBeGreaterThanOrEqual(5);
    expect(await processes.killOrphans()).toBe(0);
    // What emptied its environment is beyond a daemon that never saw its parents.
    for (const each of processesNamed(text)) process.kill(each, 'SIGKILL');
  });

  test('a guard that was killed has been replaced, and knows what runs', async () => {
    const { pid, text, guard } = await startDoomed();
    const first = guard();
    process.kill(first, 'SIGKILL');
    await until(() => guard() !== first && lives(guard()));
    expect(processesNamed(text).length).toBeGreaterThanOrEqual(6);
    process.kill(pid, 'SIGKILL');
    await vi.waitUntil(() => processesNamed(text).length === 0, allowedMs(2_000));
  });
});

test('what runs in the daemon of this test is no orphan', async () => {
  const stop = new AbortController();
  const ended = run({ ...shell(': > ready; exec sleep 1000'), signal: stop.signal });
  await until(() => existsSync(join(folder, 'ready')));
  expect(await processes.killOrphans()).toBe(0);
  stop.abort();
  expect(await ended).toMatchObject({ signal: 'SIGTERM' });
});

test('a machine with processes and a shell has no limits', () => {
  expect(processes.limits()).toEqual([]);
});

/** A duration that no other process sleeps for: whatever has it in its command line is ours. */
function newText(): string {
  return `1000.${randomInt(1e12)}`;
}

/** Ignores SIGTERM, and forks: in its group, into a session, and with an emptied environment. */
function stubborn(text: string): string {
  const loop = `sh -c 'trap "" TERM HUP; while :; do sleep ${text}; done' ${text}`;
  return `trap '' TERM HUP
    ${loop} &
    setsid ${loop} &
    (setsid ${loop} &)
    env -i PATH="$PATH" setsid ${loop} &
    : > ready
    while :; do sleep ${text}; done`;
}

/** Goes on when something is in a session of its own, whose number it prints. */
const AWAY = `setsid sh -c ': > away; exec sleep 1000' > /dev/null 2>&1 & echo $!
  while [ ! -e away ]; do :; done`;

interface Given extends Partial<Omit<Command, 'argv'>> {
  readonly argv: readonly string[];
}

function run({ environment, ...given }: Given): Promise<CommandEnd> {
  return processes.run({
    directory: folder,
    stdoutBytesMax: 1_000,
    stderrBytesMax: 1_000,
    signal: new AbortController().signal,
    ...given,
    environment: { PATH: process.env['PATH'] ?? '', ...environment },
  });
}

async function abortWhenReady(given: Given, onAborted = () => {}): Promise<CommandEnd> {
  const stop = new AbortController();
  const ended = run({ ...given, signal: stop.signal });
  await until(() => existsSync(join(folder, 'ready')));
  stop.abort();
  onAborted();
  return ended;
}

/** Lets the time pass that a command is given after SIGTERM, as soon as it is given. */
function endGrace(clock: SimulatedClock): void {
  void until(() => clock.untilNext() !== undefined).then(() => clock.advance(TERM_GRACE_MS));
}

function shell(script: string): Given {
  return { argv: ['sh', '-c', script] };
}

function unstarted(reason: string): object {
  return { kind: 'unstarted', reason };
}

function printed(end: CommandEnd): { readonly stdout: string; readonly stderr: string } {
  if (end.kind === 'unstarted') throw new Error(`It did not start: ${end.reason}`);
  return { stdout: String(end.stdout.bytes), stderr: String(end.stderr.bytes) };
}

interface Doomed {
  readonly pid: number;
  /** Stands in the command line of whatever its commands started. */
  readonly text: string;
  /** All that runs below it. */
  readonly below: readonly number[];
  readonly guard: () => number;
}

async function startDoomed(table = '/proc'): Promise<Doomed> {
  const text = newText();
  const script = join(import.meta.dirname, 'doomed-daemon.mjs');
  const place = mkdtempSync(join(folder, 'doomed-'));
  const daemon = spawn('node', [script, owner, place, text, table], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  daemons.push(daemon);
  await once(daemon.stdout, 'data');
  const pid = daemon.pid ?? 0;
  const below = () => {
    const daemonNow = new ProcessTable().entry(pid);
    return daemonNow === undefined
      ? []
      : new ProcessTable().descendants(daemonNow).map((each) => each.pid);
  };
  const guard = () => below().find((each) => processesNamed('step-guard').includes(each)) ?? 0;
  return { pid, text, below: below(), guard };
}
