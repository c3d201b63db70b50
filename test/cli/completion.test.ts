import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SHELLS } from '../../src/cli/completion-commands.ts';
import { commandLine } from './in-process.ts';
import { MAIN, makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const FLOWS = 'flows: { greet: { on: x, emit: y }, "grün": { on: x2, emit: z2 } }\n';

/** What is proposed for the last of these words. */
async function proposed(folder: string, words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await commandLine(folder, [
    'completion',
    'propose',
    '--',
    ...words,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('what is proposed', () => {
  test.each([
    [['tri'], ['trigger']],
    [['dae'], []],
    [
      ['runs', 's'],
      ['show', 'skip', 'set'],
    ],
    [['runs', 'ls', '--st'], ['--state']],
    [['runs', 'ls', '--state', 'fa'], ['failed']],
    [
      ['--json', 'sta'],
      ['start', 'status', 'stats'],
    ],
    [['nonsense', ''], []],
    [['--config'], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('for %j is %j', async (words, expected) => {
    expect((await proposed(makeFolder(), words)).toSorted()).toEqual(expected.toSorted());
  });

  test('are all commands for nothing, and none of those that are hidden', async () => {
    const all = await proposed(makeFolder(), ['']);
    expect(all).toEqual(expect.arrayContaining(['init', 'dev', 'up', 'emit', 'runs', 'top']));
    expect(all).not.toContain('daemon');
  });

  test.each([
    [
      ['trigger', 'g'],
      ['greet', 'grün'],
    ],
    [['pause', 'gre'], ['greet']],
    [['daemon', 'resume', 'gre'], ['greet']],
    [
      ['why-not', '3', ''],
      ['greet', 'grün'],
    ],
    [
      ['replay', '--flow', 'gr'],
      ['greet', 'grün'],
    ],
  ])('for %j are the flows of the configuration', async (words, expected) => {
    const file = join(makeFolder({ 'signalbox.yaml': FLOWS }), 'signalbox.yaml');
    expect(await proposed('/', ['--config', file, ...words])).toEqual(expected);
  });

  test.each(['flows: { broken: [', `flows: { "$(touch here)": { on: x, emit: y } }\n`])(
    'is nothing where the configuration is bad: %s',
    async (text) => {
      const file = join(makeFolder({ 'signalbox.yaml': text }), 'signalbox.yaml');
      expect(await proposed('/', ['--config', file, 'trigger', ''])).toEqual([]);
    },
  );

  test('are the runs of the daemon, and in bash they are typed', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder);
    await signalbox(folder, ['emit', 'x', '--wait']);
    const { items } = (await signalboxJson(folder, ['runs'])) as { items: { id: string }[] };
    const program = join(folder, 'signalbox');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    chmodSync(program, 0o755);
    const ask = (...words: string[]): string[] => {
      const list = ['signalbox', ...words].map((word) => `'${word}'`).join(' ');
      const lines = [
        // The bash of macOS lacks them.
        'enable -n mapfile readarray',
        `eval "$(signalbox completion bash)"`,
        `COMP_WORDS=(${list}); COMP_CWORD=${words.length}`,
        `_signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ];
      const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', lines.join('\n')], {
        cwd: folder,
        env,
      });
      expect(String(stderr)).toBe('');
      return String(stdout).trim().split('\n');
    };
    expect(ask('runs', 'show', '')).toEqual(items.map(({ id }) => id));
    expect(ask('trigger', 'gre')).toEqual(['greet']);
    expect(ask('che')).toEqual(['check']);
    await end();
  });
});

test.each(SHELLS)('the script for %s runs nothing but what it was asked for by', async (shell) => {
  const { code, stdout } = await commandLine(makeFolder(), ['completion', shell]);
  expect(code).toBe(0);
  expect(stdout).toContain('completion propose --');
  // These would expand a proposal once more, and so run what a name holds.
  expect(stdout).not.toMatch(/\beval\b|compgen -W/);
});
