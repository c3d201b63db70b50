import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder } from '../cli/signalbox.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A folder with what a clone holds of the command line before anything is built. */
function makeClone(): { readonly folder: string; readonly program: string } {
  const folder = makeFolder();
  const program = join(folder, 'bin', 'signalbox.mjs');
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  return { folder, program };
}

function run(program: string, args: readonly string[]) {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('before the build the command line says that there is none, and how to make it', () => {
  const { program } = makeClone();

  expect(run(program, ['runs'])).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'signalbox: Signalbox is not built yet; run: npm run build\n',
  });
});

test('what is wrong with a build is not taken for a build that is missing', () => {
  const { folder, program } = makeClone();
  mkdirSync(join(folder, 'dist'));
  cpSync(join(ROOT, 'dist', 'cli', 'main.js'), join(folder, 'dist', 'cli', 'main.js'));

  const { status, stderr } = run(program, ['version']);
  expect(status).toBe(1);
  expect(stderr).toContain('ERR_MODULE_NOT_FOUND');
});

test('after the build it is the command line, with its arguments and its exit codes', () => {
  const program = join(ROOT, 'bin', 'signalbox.mjs');

  expect(run(program, ['version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run(program, ['evnts']).status).toBe(2);
});

test('npm links a file that is in every clone and may be run', () => {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };

  expect(bin).toEqual({ signalbox: './bin/signalbox.mjs' });
  expect(statSync(join(ROOT, 'bin', 'signalbox.mjs')).mode & 0o111).toBe(0o111);
});
