import { describe, expect, test } from 'vitest';
import { traceLines } from '../../src/cli/run-trace.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { AttemptView } from '../../src/views/attempt-view.ts';
import type { RunView, StepView } from '../../src/views/run-view.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const at = (ms: number): string => new Date(T0 + ms).toISOString();

function terminalOf(width: number, color = false): Terminal {
  return {
    width,
    color,
    live: false,
    watched: false,
    open: true,
    print: () => Promise.resolve(),
    note: () => {},
  };
}

function tryOf(from: number, to: number | null, fields: Partial<AttemptView> = {}): AttemptView {
  const ended = to === null ? null : at(to);
  return { attempt: 1, started: at(from), ended, outcome: 'succeeded', error: null, ...fields };
}

function stepOf(id: string, fields: Partial<StepView> = {}): StepView {
  return {
    id,
    kind: 'run',
    state: 'succeeded',
    attempts: 1,
    key: `sb-1/${id}`,
    output: null,
    error: null,
    started: at(0),
    ended: at(500),
    decision: null,
    usage: null,
    branches: null,
    opened: [],
    tries: [tryOf(0, 500)],
    ...fields,
  };
}

test('what a model took stands below its step', () => {
  const usage = { input_tokens: 1_200, output_tokens: 30 };
  const [plain, priced] = [usage, { ...usage, cost: 1e-7, model: 'm-1' }].map((took) =>
    traceLines(runOf({ steps: [stepOf('ask', { usage: took })] }), terminalOf(100), 0).join('\n'),
  );
  expect(plain).toMatch(/tokens {2}1200 in, 30 out$/m);
  expect(priced).toMatch(/tokens {2}1200 in, 30 out, cost 0\.0000001, by m-1$/m);
});

function runOf(fields: Partial<RunView> = {}): RunView {
  return {
    id: 'sb-1',
    flow: 'deploy',
    state: 'succeeded',
    event: 'sb-0',
    correlationid: 'sb-0',
    parent: null,
    branch: null,
    started: at(0),
    ended: at(1_000),
    reason: null,
    due: null,
    steps: [
      stepOf('build'),
      stepOf('ship', { started: at(500), ended: at(1_000), tries: [tryOf(500, 1_000)] }),
    ],
    ...fields,
  };
}

const ERROR = { code: 'step.timeout', message: 'It took too long.', happened: 'maybe' } as const;

describe('the trace of a run', () => {
  test('has a line a step with mark, kind, state, attempts and times, and no bar in a pipe', () => {
    const steps = [
      stepOf('build'),
      stepOf('sign off', {
        state: 'skipped',
        attempts: 0,
        kind: 'emit',
        started: null,
        ended: null,
        tries: [],
      }),
    ];
    expect(traceLines(runOf({ steps }), terminalOf(Infinity), T0)).toEqual([
      '  ✓ build     run   succeeded  1 attempt  at +0 ms  took 500 ms',
      '      key     sb-1/build',
      '  - sign off  emit  skipped',
    ]);
  });

  test('shows when each step ran where the terminal is wide enough', () => {
    const lines = traceLines(runOf(), terminalOf(100), T0);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(lines[0]).toMatch(/█+$/);
    expect(lines[2]).toMatch(/ {10,}█+$/);
    const narrow = traceLines(runOf(), terminalOf(60), T0).join('\n');
    expect(narrow).not.toContain('█');
  });

  test('tells the attempts apart, with the pauses between, and when it goes on', () => {
    const failed = { outcome: 'failed', error: ERROR } as const;
    const tries = [
      tryOf(0, 100, failed),
      tryOf(400, 500, { ...failed, attempt: 2 }),
      tryOf(600, null, { outcome: 'interrupted', attempt: 3 }),
      tryOf(900, 1_000, { ...failed, attempt: 4 }),
    ];
    const step = stepOf('pay', {
      state: 'retrying',
      attempts: 4,
      ended: null,
      tries,
      error: ERROR,
    });
    const run = runOf({ state: 'queued', ended: null, due: at(2_000), steps: [step] });
    const lines = traceLines(run, terminalOf(120), T0 + 1_000);
    expect(lines[0]).toMatch(
      /^ {2}↻ pay {2}run {2}retrying {2}4 attempts {2}at \+0 ms {2}█+░+█+░+█+$/,
    );
    expect(lines.slice(1)).toEqual([
      '      key     sb-1/pay',
      '      tries   1  at +0 ms  took 100 ms  failed (step.timeout)',
      '              2  at +400 ms  took 100 ms  failed (step.timeout)',
      '              3  at +600 ms  interrupted',
      '              4  at +900 ms  took 100 ms  failed (step.timeout)',
      expect.stringMatching(/^ {6}due {5}\d{4}-\d\d-\d\d /),
      '      error   It took too long. [step.timeout]',
    ]);
  });

  test('shows the last of many attempts, and the beginning of large outputs and details', () => {
    const tries = Array.from({ length: 1_000 }, (_, i) => tryOf(i, i + 1, { attempt: i + 1 }));
    const output = { text: 'x'.repeat(1_000_000) };
    const error = { ...ERROR, detail: 'line\n'.repeat(10_000) };
    const step = stepOf('a', { attempts: 1_000, tries, output, error });
    const lines = traceLines(runOf({ steps: [step] }), terminalOf(Infinity), T0);
    expect(lines.length).toBeLessThan(50);
    expect(lines).toContain('      tries   … 990 earlier');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
    expect(lines.at(-1)).toContain('… 9,980 lines more; --json shows all');
  });

  test('has of a text of several lines the first, and of an empty one nothing', () => {
    const outputOf = (output: string): string | undefined =>
      traceLines(runOf({ steps: [stepOf('a', { output })] }), terminalOf(Infinity), T0)[2];
    expect(outputOf('one\ntwo')).toBe('      output  one … (--json shows all)');
    expect(outputOf('one')).toBe('      output  one');
    expect(outputOf('')).toBe('      output');
  });

  test('lets nothing from outside do anything to a terminal, and has no colour of its own', () => {
    const evil = '\u001b[2J\u202e\n\u0007';
    const error = { ...ERROR, code: evil, message: evil, detail: evil };
    const fields = { error, key: evil, kind: evil, tries: [tryOf(0, 1, { error }), tryOf(1, 2)] };
    for (const output of [evil, { [evil]: evil }, [evil]]) {
      const steps = [stepOf(evil, { ...fields, output })];
      const text = traceLines(runOf({ steps }), terminalOf(200), T0).join('');
      expect(text).toMatch(/^[^\p{Cc}\p{Bidi_Control}]*$/u);
    }
    expect(traceLines(runOf(), terminalOf(200, true), T0).join('')).toContain('\u001b[32m');
  });
});
