import { describe, expect, test } from 'vitest';
import { runShape } from '../../src/steps/run-shape.ts';
import { written } from '../fixtures/step-context.ts';

describe('a run step as it is written', () => {
  test('is a list, or a text for a shell', () => {
    const list = {
      run: ['node', 'notes.mjs', '{payload.version}', 7, true],
      cwd: './sub',
      env: { API_URL: '{payload.url}', _n: 3 },
      stdin: '${{ event.data }}',
      protocol: 'signalbox',
      exit: { 0: 'done', 3: 'noop', 75: 'retry', 255: 'fail' },
    };
    expect(written(runShape, list)).toEqual(list);
    const shell = { run: 'make && make install', shell: true };
    expect(written(runShape, shell)).toEqual(shell);
    expect(runShape.literal?.(shell)).toEqual(['run']);
    expect(runShape.literal?.(list)).toEqual([]);
  });

  test.each([
    [{ run: 'make' }, /^run: a text needs "shell: true"; without a shell, write a list/],
    [{ run: ['make'], shell: true }, /^run: a list is run without a shell/],
    [{ run: [] }, /^run: the list is empty/],
    [{ run: ['', 'a'] }, /^run: it names no program/],
    [{ run: ' ', shell: true }, /^run: it is empty/],
    [{ run: 'a\0', shell: true }, /^run: it holds a NUL/],
    [{ run: 7 }, /^run: /],
    [{ run: ['a', { b: 1 }] }, /^run: /],
    [{ run: ['a'], env: { 'A-B': 'c' } }, /^env\.A-B: a name is letters/],
    [{ run: ['a'], env: { SIGNALBOX_RUN_ID: 'c' } }, /^env\.SIGNALBOX_RUN_ID: .* are ours/],
    [{ run: ['a'], cwd: '' }, /^cwd: it is empty/],
    [{ run: ['a'], protocol: 'other' }, /^protocol: /],
    [{ run: ['a'], exit: { 256: 'done' } }, /^exit\.256: an exit code is a number from 0 to 255/],
    [{ run: ['a'], exit: { 1: 'again' } }, /^exit\.1: /],
    [{ run: ['a'], environment: {} }, /Unrecognized key: "environment"/],
  ])('is refused as %j', (step, message) => {
    expect(written(runShape, step)).toEqual([expect.stringMatching(message)]);
  });
});

describe('a text for a shell', () => {
  test.each([
    ['echo {payload.title}', '{payload.title}'],
    ['echo "{steps.build.output}"', '{steps.build.output}'],
    ['echo {event.data[0].x}', '{event.data[0].x}'],
    ['echo ${{ event.data.title }}', '${{ event.data.title }}'],
    ['echo {{ payload.title }}', '{payload.title}'],
    ['echo {output}', '{output}'],
  ])('may not hold a template: %s', (run, template) => {
    expect(written(runShape, { run, shell: true })).toEqual([
      expect.stringContaining(`env: { VALUE: "${template}" }`),
    ]);
  });

  test.each([
    'echo ${HOME} ${output} ${payload:-none}',
    'cp a.{txt,md} b; echo {1..3} {}',
    "awk '{print $1} { output }' file",
    'f() { echo; }; f',
    `echo '{"payload": 1}'`,
    String.raw`find . -exec echo {} \;`,
  ])('may hold the braces of the shell: %s', (run) => {
    expect(written(runShape, { run, shell: true })).toEqual({ run, shell: true });
  });
});
