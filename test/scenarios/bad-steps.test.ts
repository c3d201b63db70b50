import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { listen } from '../fixtures/http-target.ts';
import { processesNamed } from '../fixtures/processes.ts';
import { until } from '../server/until.ts';

const MIB = 1_048_576;
/** What a daemon may have grown by after all of this. */
const RSS_BYTES_MAX = 512 * MIB;

/** Stands in the command line of a step that hears nothing. */
const STUBBORN = `stubborn-${randomInt(1e9)}`;
const retry = { attempts: 2, delay: '10ms' };

const script = (code: string): object => ({ run: [process.execPath, '-e', code] });
const shell = (code: string): object => ({ run: code, shell: true });

/** A step that goes wrong, its attempts, and what the run is told to have failed by. */
interface BadStep {
  readonly step: object;
  readonly attempts?: number;
  readonly code: string;
  readonly says: RegExp;
}

const COMMANDS: Readonly<Record<string, BadStep>> = {
  hangs: {
    step: { ...script('setInterval(() => {}, 1000)'), timeout: '300ms' },
    attempts: 2,
    code: 'step.timeout',
    says: /did not end within 300 ms; give it a longer "timeout"/,
  },
  'hangs-and-hears-nothing': {
    step: {
      ...shell(`trap '' TERM; : ${STUBBORN}; while :; do sleep 1; done`),
      timeout: '1s',
    },
    attempts: 2,
    code: 'step.timeout',
    says: /did not end within 1 s/,
  },
  'prints-100-mb': {
    step: shell('head -c 100000000 /dev/zero'),
    code: 'step.output_too_large',
    says: /printed 100000000 bytes; at most 1048576 are kept.*file/,
  },
  'prints-binary': {
    step: shell(String.raw`printf '\377\376\000'`),
    code: 'run.output_invalid',
    says: /no UTF-8 text.*base64/,
  },
  'writes-no-json': {
    step: shell('echo nonsense > "$SIGNALBOX_OUTPUT"'),
    code: 'run.output_invalid',
    says: /wrote no JSON to \$SIGNALBOX_OUTPUT/,
  },
  'exits-3': {
    step: shell('echo "no such branch" >&2; exit 3'),
    attempts: 2,
    code: 'run.failed',
    says: /exited with code 3: no such branch/,
  },
  'exits-255': {
    step: shell('exit 255'),
    attempts: 2,
    code: 'run.failed',
    says: /exited with code 255, and printed nothing/,
  },
  'exits-65-and-means-it': {
    step: { ...shell('exit 65'), protocol: 'signalbox' },
    code: 'run.failed',
    says: /exited with code 65/,
  },
  'kills-itself': {
    step: shell('kill -SEGV $$'),
    attempts: 2,
    code: 'run.failed',
    says: /was ended by SIGSEGV/,
  },
  'is-not-there': {
    step: { run: ['./no-such-program'] },
    code: 'run.not_started',
    says: /was not found. Install it, or write its path/,
  },
};

/** Targets that take a connection and then go wrong. */
async function targetOf(greeting: string | undefined, end: boolean): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (greeting !== undefined) socket.write(greeting);
      if (end) socket.end();
    });
  });
  const { port } = await listen(server);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}/`;
}

async function requests(): Promise<Record<string, BadStep>> {
  const refusing = createServer();
  const { port } = await listen(refusing);
  refusing.close();
  const json = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
  return {
    'is-refused': {
      step: { http: { url: `http://127.0.0.1:${port}/` } },
      attempts: 2,
      code: 'http.unreachable',
      says: /127\.0\.0\.1/,
    },
    'is-left-waiting': {
      step: { http: { url: await targetOf(undefined, false) }, timeout: '300ms' },
      attempts: 2,
      code: 'step.timeout',
      says: /did not end within 300 ms/,
    },
    'is-cut-off': {
      step: { http: { url: await targetOf(`${json}content-length: 99\r\n\r\n{`, true) } },
      attempts: 2,
      code: 'http.broken',
      says: /no whole answer came/,
    },
    'hears-rubbish': {
      step: { http: { url: await targetOf('\u0000\u0001 this is not HTTP\r\n\r\n', true) } },
      attempts: 2,
      code: 'http.broken',
      says: /no whole answer came/,
    },
    'hears-no-json': {
      step: { http: { url: await targetOf(`${json}content-length: 3\r\n\r\n{,}`, true) } },
      code: 'http.answer_invalid',
      says: /JSON/,
    },
    'hears-500': {
      step: {
        http: { url: await targetOf('HTTP/1.1 500 Oh\r\ncontent-length: 5\r\n\r\nsorry', true) },
      },
      attempts: 2,
      code: 'http.status',
      says: /500/,
    },
    'may-not-go-there': {
      step: { http: { url: 'http://169.254.169.254/latest/meta-data' } },
      code: 'http.forbidden_address',
      says: /security\.http_allow/,
    },
  };
}

test('a step that goes wrong in any way is told in its run, and troubles nobody else', async () => {
  const bad = { ...COMMANDS, ...(await requests()) };
  const flows = Object.entries(bad).map(([name, { step }]) => {
    return [name, { on: 'try.all', steps: [{ id: 'bad', ...step, retry }] }];
  });
  const good = { on: 'try.all', steps: [{ id: 'good', run: ['echo', 'fine'] }] };
  const folder = makeFolder({
    'signalbox.yaml': JSON.stringify({
      max_concurrent_handlers: 32,
      security: { http_allow: ['127.0.0.1'] },
      flows: { ...Object.fromEntries(flows), good },
    }),
  });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  await client.emit({ type: 'try.all' });
  await client.quiet();

  const runs = new Map((await client.runs()).map((run) => [run.flow, run]));
  expect(runs.get('good')).toMatchObject({ state: 'succeeded', steps: [{ output: 'fine' }] });
  for (const [name, { attempts = 1, code, says }] of Object.entries(bad)) {
    const { state, reason, steps } = runs.get(name) ?? {};
    expect({ name, state, reason }).toEqual({
      name,
      state: 'failed',
      reason: expect.stringMatching(says) as string,
    });
    expect({ name, steps }).toMatchObject({ name, steps: [{ attempts, error: { code } }] });
  }
  await gone(STUBBORN);
  expect(residentBytes(daemon.ready.pid)).toBeLessThan(RSS_BYTES_MAX);
  const { stdout } = await signalbox(folder, ['runs', 'show', runs.get('exits-3')?.id ?? '']);
  expect(stdout).toContain('exited with code 3: no such branch');
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
});

test('what a command starts is gone when it fails, and when the daemon is killed', async () => {
  const [hidden, beside] = [0, 1].map((side) => `sleep 30000.${randomInt(1e9)}${side}`);
  const fork = `setsid ${hidden} & ${beside} &`;
  const flows = {
    fail: { on: 'fail.asked', steps: [{ id: 'fork', ...shell(`${fork} exit 1`), retry }] },
    pass: { on: 'pass.asked', steps: [{ id: 'fork', ...shell(fork) }] },
  };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  await client.emit({ type: 'fail.asked' });
  expect((await client.quiet()).runs).toMatchObject({ succeeded: 0, failed: 1 });
  for (const name of [hidden, beside]) await gone(name);

  await client.emit({ type: 'pass.asked' });
  expect((await client.quiet()).runs).toMatchObject({ succeeded: 1, failed: 1 });
  await gone(beside);
  await daemon.end('SIGKILL');
  await gone(hidden);
});

/** Resolves when no process is left of this command line; none of them would ever end by itself. */
async function gone(command = ''): Promise<void> {
  const words = command.replace(' ', '\0');
  await until(() => (processesNamed(words).length > 0 ? undefined : true));
}

function residentBytes(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1_024;
}
