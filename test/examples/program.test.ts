import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function node(...argv: readonly string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { code: status, said: `${stdout}${stderr}` };
}

describe('the shop in a program', () => {
  test('runs, with its tool in a process of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-program-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { code, said } = node('examples/program/main.mjs', folder);
    expect(said.split('\n').toSorted()).toEqual(
      ['placed: 7', 'Dear Ada, your order 7 waits for you.', ''].toSorted(),
    );
    expect(code).toBe(0);
  });

  test('is tested under virtual time', () => {
    const { code, said } = node('--test', 'examples/program/orders.test.mjs');
    expect(said).toContain('# pass 1');
    expect(code).toBe(0);
  });
});
