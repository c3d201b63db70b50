import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from '../properties.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepAccess, StepContext, StepError, StepResult } from '../../src/runs/step-kind.ts';
import { SystemClock } from '../../src/std/clock.ts';
import type { Json } from '../../src/std/json.ts';
import { SystemProcesses } from '../../src/std/process.ts';
import { AttemptFolders } from '../../src/steps/attempt-folders.ts';
import { runStep } from '../../src/steps/run.ts';
import { contextOf, EVENT } from '../fixtures/step-context.ts';
import { NAUGHTY } from '../fixtures/naughty-texts.ts';
import { until } from '../fixtures/until.ts';

let directory: string;
let temporary: string;
let processes: SystemProcesses;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'run-'));
  temporary = join(directory, 'temporary');
  mkdirSync(temporary);
  processes = new SystemProcesses({ owner: 'runtest', clock: new SystemClock() });
});
afterEach(async () => {
  await processes.stop();
  rmSync(directory, { recursive: true });
});

describe('the way to the daemon', () => {
  const access = async (): Promise<StepAccess> => {
    return { url: 'http://127.0.0.1:1', token: `sbr_${'x'.repeat(52)}` };
  };

  test('is told to the command, and its token is taken out of all that it says', async () => {
    const told = await run({ run: 'echo "$SIGNALBOX_URL"', shell: true }, { access });
    expect(told).toEqual({ kind: 'done', output: 'http://127.0.0.1:1' });
    const all = 'env | grep TOKEN; echo "{\\"a\\": \\"$SIGNALBOX_TOKEN\\"}" > "$SIGNALBOX_OUTPUT"';
    expect(await run({ run: all, shell: true }, { access })).toEqual({
      kind: 'done',
      output: { a: '[secret]' },
    });
    const loud =
      'echo "no: $SIGNALBOX_TOKEN" >&2; printf %s "$SIGNALBOX_TOKEN" | base64 >&2; exit 1';
    const failed = JSON.stringify(await run({ run: loud, shell: true }, { access }));
    expect(failed).toContain('no: [secret]');
    expect(failed).not.toMatch(/sbr_|xxxxxxxx|eHh4eHh4/);
  });

  test('leaves no half of its token, nor of a secret, where what was said is cut', async () => {
    const secrets = { LOGIN: 'canary-4711-of-the-event' };
    for (const name of ['SIGNALBOX_TOKEN', 'LOGIN']) {
      const script = `process.stderr.write(process.env.${name} + ' '.repeat(16_384 - 9));`;
      const step = { run: ['node', '-e', `${script} process.exitCode = 1`] };
      const { error } = (await run(step, { access, secrets })) as { error?: StepError };
      expect(error?.detail?.trim()).toBe('[secret]');
    }
  });

  test('is not there where nobody hears', async () => {
    const result = await run({ run: 'echo "${SIGNALBOX_URL-}${SIGNALBOX_TOKEN-}"', shell: true });
    expect(result).toEqual({ kind: 'done', output: '' });
  });
});

describe('what a command gets', () => {
  test('is its arguments, byte for byte, whatever they hold', async () => {
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const result = await run({ run: ['node', '-e', script, '--', ...NAUGHTY] });
    expect(result).toEqual({ kind: 'done', output: NAUGHTY });
  });

  test('is none of a thousand combinations of them as a command', async () => {
    const part = fc.constantFrom(...NAUGHTY, `$(touch ${join(directory, 'owned')})`);
    const texts = fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join(''));
    const payloads = fc
      .sample(texts, { numRuns: 1_000, seed: 1 })
      .map((text) => text.slice(0, 900));
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const env = Object.fromEntries(
      payloads.slice(0, 100).map((text, index) => [`V${index}`, text]),
    );
    const result = await run({ run: ['node', '-e', script, '--', ...payloads], env });
    expect(result).toEqual({ kind: 'done', output: payloads });
    const echo = { run: 'echo "$V0" "$V1" "$V2" "$V3" "$V4" > echoed', shell: true, env };
    expect(await run(echo)).toMatchObject({ kind: 'done' });
    expect(existsSync(join(directory, 'echoed'))).toBe(true);
    expect(existsSync(join(directory, 'owned'))).toBe(false);
  });

  test('is its arguments as texts, whatever values templates made', async () => {
    const values = [7, true, null, { a: ['b'] }, ['x', 1]];
    const result = await run({ run: ['printf', '%s\\n', ...values] });
    expect(result).toEqual({ kind: 'done', output: '7\ntrue\nnull\n{"a":["b"]}\n["x",1]' });
  });

  test('is the environment that is listed, and nothing else', async () => {
    const result = await run({ run: ['env', '-0'], env: { A: '$(id)', N: 3, O: { b: 1 } } });
    const output = 'output' in result && typeof result.output === 'string' ? result.output : '';
    const env = Object.fromEntries(
      output
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(env).toEqual({
      PATH: process.env['PATH'],
      HOME: '/home/somebody',
      A: '$(id)',
      N: '3',
      O: '{"b":1}',
      SIGNALBOX_RUN_ID: 'sb00000000-8',
      SIGNALBOX_FLOW: 'deploy',
      SIGNALBOX_STEP: 'publish',
      SIGNALBOX_ATTEMPT: '1',
      SIGNALBOX_EPOCH: '1.4',
      SIGNALBOX_IDEMPOTENCY_KEY: 'sb00000000-8/publish',
      SIGNALBOX_EVENT: expect.stringMatching(/^\/.*\/event\.json$/),
      SIGNALBOX_OUTPUT: expect.stringMatching(/^\/.*\/output\.json$/),
      SIGNALBOX_PROCESS: expect.stringMatching(/^runtest\./),
    });
  });

  test('is the event as a file, in a private folder that is gone afterwards', async () => {
    const script =
      'stat -c %a "$(dirname "$SIGNALBOX_EVENT")" >&2; cat "$SIGNALBOX_EVENT"; exit $1';
    expect(await run({ run: ['sh', '-c', script, '-', 0] })).toEqual({
      kind: 'done',
      output: EVENT,
    });
    const failed = await run({ run: ['sh', '-c', script, '-', 1] });
    expect(failed).toMatchObject({ error: { detail: '700\n' } });
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('is its folder, relative to that of the configuration', async () => {
    mkdirSync(join(directory, 'sub'));
    expect(await run({ run: ['pwd', '-P'] })).toEqual({ kind: 'done', output: directory });
    const below = await run({ run: ['pwd', '-P'], cwd: './sub' });
    expect(below).toEqual({ kind: 'done', output: join(directory, 'sub') });
    expect(await run({ run: ['pwd', '-P'], cwd: '/' })).toEqual({ kind: 'done', output: '/' });
  });

  test('is its standard input, as text or as JSON', async () => {
    expect(await run({ run: ['cat'], stdin: 'a\0ü\n' })).toEqual({ kind: 'done', output: 'a\0ü' });
    expect(await run({ run: ['cat'], stdin: { a: 1 } })).toEqual({
      kind: 'done',
      output: { a: 1 },
    });
    expect(await run({ run: ['cat'] })).toEqual({ kind: 'done', output: '' });
  });

  test('is a shell where it asks for one, and its values as variables', async () => {
    const step = { run: 'echo "$TITLE" | tr a-z A-Z', shell: true, env: { TITLE: '$(id); `id`' } };
    expect(await run(step)).toEqual({ kind: 'done', output: '$(ID); `ID`' });
  });
});

describe('what a command gives', () => {
  test('is what it writes to $SIGNALBOX_OUTPUT', async () => {
    const step = shell(`echo log; echo '{"a":1}' > "$SIGNALBOX_OUTPUT"`);
    expect(await run(step)).toEqual({ kind: 'done', output: { a: 1 } });
  });

  test('is refused where it is no text, with what it said beside', async () => {
    expect(await run(shell(String.raw`printf '\377\000'; echo why >&2`))).toMatchObject({
      kind: 'fail',
      error: { code: 'run.output_invalid', happened: 'maybe', detail: 'why\n' },
    });
  });

  test('is refused where it prints 100 MB, after it has run to its end', async () => {
    const result = await run(shell('head -c 100000000 /dev/zero; touch ended'));
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'step.output_too_large' } });
    expect(result).toHaveProperty('error.message', expect.stringContaining('100000000 bytes'));
    expect(existsSync(join(directory, 'ended'))).toBe(true);
  });
});

describe('a command that fails', () => {
  test('is tried again, and its last words are told', async () => {
    const step = shell(
      String.raw`echo first >&2; printf '\033[31mlast\007 words\033[0m\n\n' >&2; exit 3`,
    );
    expect(await run(step)).toEqual({
      kind: 'retry',
      error: {
        code: 'run.failed',
        message: String.raw`"sh" exited with code 3: last\u0007 words`,
        happened: 'no',
        answered: true,
        status: 3,
        detail: 'first\n\u001b[31mlast\u0007 words\u001b[0m\n\n',
      },
    });
  });

  test('is said to have been silent where it was', async () => {
    const error = { message: '"false" exited with code 1, and printed nothing on standard error.' };
    const result = await run({ run: ['false'] });
    expect(result).toMatchObject({ kind: 'retry', error });
    expect(result).not.toHaveProperty('error.detail');
  });

  test('is heard to its last 16 KiB', async () => {
    const result = await run(shell('seq 1 100000 >&2; exit 1'));
    const { detail = '' } = 'error' in result ? result.error : {};
    expect(detail).toHaveLength(16_384);
    expect(detail.endsWith('\n99999\n100000\n')).toBe(true);
  });

  test.each([
    [1, 'no'],
    [128, 'no'],
    [137, 'maybe'],
    [143, 'maybe'],
    [255, 'no'],
  ])('with code %i happened: %s', async (code, happened) => {
    expect(await run(shell(`exit ${code}`))).toMatchObject({ kind: 'retry', error: { happened } });
  });

  test('by a signal may have happened', async () => {
    expect(await run(shell('kill -KILL $$'))).toMatchObject({
      kind: 'retry',
      error: { code: 'run.failed', happened: 'maybe', message: expect.stringContaining('SIGKILL') },
    });
  });

  test.each([
    [75, 'retry'],
    [65, 'fail'],
    [10, 'noop'],
    [1, 'retry'],
    [0, 'done'],
  ])('under our protocol with code %i comes to: %s', async (code, kind) => {
    const result = await run({ ...shell(`echo printed; exit ${code}`), protocol: 'signalbox' });
    expect(result).toMatchObject({ kind });
  });

  test('means what its exit codes are said to mean', async () => {
    const exit = { 1: 'noop', 2: 'done', 3: 'fail', 75: 'fail' };
    const kinds: unknown[] = [];
    for (const code of [1, 2, 3, 75, 65]) {
      const result = await run({ ...shell(`echo a; exit ${code}`), exit, protocol: 'signalbox' });
      kinds.push('output' in result ? result.output : result.kind);
    }
    expect(kinds).toEqual(['noop', 'a', 'fail', 'fail', 'fail']);
  });
});

describe('a command that cannot run', () => {
  test.each([
    [{ run: ['no-such-command'] }, 'fail', /"no-such-command" was not found\. Install it/],
    [{ run: ['./plain'] }, 'fail', /"plain" may not be run\. Make it executable/],
    [{ run: ['true'], cwd: 'missing' }, 'fail', /missing" is not there\. Correct "cwd"/],
    [
      { run: ['true', 'x'.repeat(3e6)] },
      'fail',
      /arguments of "true" are longer than the system takes\. Use standard input/,
    ],
  ])('says why and what to do: %#', async (step, kind, message) => {
    writeFileSync(join(directory, 'plain'), 'text', { mode: 0o644 });
    expect(await run(step)).toMatchObject({
      kind,
      error: {
        code: 'run.not_started',
        happened: 'no',
        message: expect.stringMatching(message),
      },
    });
  });

  test.each([
    [{ run: ['true', 'a\0b'] }, 'Argument 1 holds a NUL'],
    [{ run: ['\0'] }, 'The program holds a NUL'],
    [{ run: [''] }, 'The program is empty'],
    [{ run: ['true'], env: { A: '\0' } }, '"env.A" holds a NUL'],
    [{ run: ['true'], cwd: 'a\0' }, '"cwd" holds a NUL'],
  ])('as a template made it so, fails for good: %j', async (step, message) => {
    expect(await run(step)).toMatchObject({
      kind: 'fail',
      error: {
        code: 'step.input_invalid',
        happened: 'no',
        message: expect.stringContaining(message),
      },
    });
  });

  test('for want of room is tried again', async () => {
    rmSync(temporary, { recursive: true });
    expect(await run({ run: ['true'] })).toMatchObject({
      kind: 'retry',
      error: { code: 'run.not_started', happened: 'no' },
    });
  });

  test('as it is to be stopped already did not happen', async () => {
    const result = await run({ run: ['touch', 'ran'] }, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ kind: 'retry', error: { happened: 'no' } });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });
});

test('a command that is stopped may have happened, and what it said is kept', async () => {
  const stop = new AbortController();
  const step = shell('echo working >&2; touch ready; exec sleep 1000');
  const result = run(step, { signal: stop.signal });
  await until(() => existsSync(join(directory, 'ready')));
  stop.abort();
  expect(await result).toMatchObject({
    kind: 'retry',
    error: { code: 'run.failed', happened: 'maybe', detail: 'working\n' },
  });
  expect(readdirSync(temporary)).toEqual([]);
});

function shell(script: string): { readonly [key: string]: Json } {
  return { run: ['sh', '-c', script] };
}

function run(input: Json, given: Partial<StepContext> = {}): Promise<StepResult> {
  const folders = new AttemptFolders({ owner: 'runtest', parent: temporary });
  const environment = { PATH: process.env['PATH'], HOME: '/home/somebody', SECRET: 'token' };
  const step = runStep({ processes, folders, environment });
  return step.execute(contextOf(input, { directory, ...given }));
}
