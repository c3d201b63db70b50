import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hidingOf } from '../../../src/std/isolation/hiding.ts';
import type { MeasuredIsolation } from '../../../src/std/isolation/isolation.ts';
import { type MeasureOptions, measureIsolation } from '../../../src/std/isolation/measure.ts';
import { tryCommand } from '../../../src/std/process.ts';

const PATH = process.env['PATH'] ?? '';

let folder: string;
let programs: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'measure-')));
  programs = join(folder, 'programs');
  mkdirSync(programs);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/token'), 'secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('this machine isolates commands in one way at least', async () => {
  const { isolation } = await measure({});
  expect(isolation?.way).toMatch(/^(bubblewrap|namespaces)$/);
});

test('a way that is there and does not work gives way to the next', async () => {
  program('bwrap', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1');
  const { isolation, obstacles } = await measure({ path: `${programs}:${PATH}` });
  expect(isolation?.way).toBe('namespaces');
  expect(obstacles).toEqual(['bubblewrap: bwrap: No permissions to create new namespace']);
});

test.each([
  ['for arg; do shift; [ "$arg" = -- ] && break; done; exec "$@"', 'our processes are seen'],
  ['for a; do shift; [ $a = -- ] && break; done; exec unshare -Urpf "$@"', 'our files are seen'],
  ['for a; do shift; [ $a = -- ] && break; done; exec unshare -Urpfm "$@"', 'data is seen'],
])('a way is not believed: %s', async (body, found) => {
  program('bwrap', body);
  const { obstacles } = await measure({ path: `${programs}:${PATH}` });
  expect(obstacles[0]).toContain(found);
});

test('where nothing is installed, each way says what it misses', async () => {
  program('sh', 'exit 1');
  expect(await measure({ path: programs })).toEqual({
    isolation: undefined,
    obstacles: [
      'bubblewrap (bwrap) is not installed',
      'util-linux lacks unshare, mount, setpriv here',
    ],
  });
});

test('a way is not tried where nothing tells whether it parts us', async () => {
  const { isolation, obstacles } = await measure({ proc: folder });
  expect(isolation).toBeUndefined();
  expect(obstacles.at(-1)).toMatch(/^namespaces: .*self\/ns is not there to compare with$/);
});

test('a way that hangs is given up, and one whose table has no place', async () => {
  program('bwrap', 'exec sleep 1000');
  const attempt: MeasureOptions['attempt'] = (argv) => tryCommand(argv, 50);
  const path = `${programs}:${PATH}`;
  const { obstacles } = await measure({ path, attempt, folder: join(folder, 'absent') });
  expect(obstacles).toEqual([
    'bubblewrap: no answer within 10 s',
    expect.stringContaining('absent/isolation.mounts cannot be written: ENOENT'),
  ]);
});

function measure(options: Partial<MeasureOptions>): Promise<MeasuredIsolation> {
  const ids = { user: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0 };
  const hiding = hidingOf(join(folder, 'data'), ids);
  return measureIsolation({ hiding, folder, path: PATH, attempt: tryCommand, ...options });
}

function program(name: string, body: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
