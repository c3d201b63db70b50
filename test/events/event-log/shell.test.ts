import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLine } from '../../../src/events/event-log/line.ts';
import { shellEnvironment, shellFunctions } from '../../../src/events/event-log/shell.ts';

const { PATH = '' } = process.env;
const CALL = `emit_event files_staged stage '' 'a|b'`;
const SAID = {
  kind: 'event',
  event: {
    type: 'files_staged',
    data: JSON.stringify({ operation: 'stage', context: '', payload: 'a|b' }),
  },
};

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function linesOf(log: string): unknown[] {
  return readFileSync(log, 'utf8').trimEnd().split('\n').map(readLine);
}

test('a script that reads the functions has emit_event', () => {
  const log = join(folderOfTest(), "it's", 'event.log');
  execFileSync('bash', ['-c', `${shellFunctions(log)}\n${CALL}`], { env: { PATH } });
  expect(linesOf(log)).toMatchObject([SAID]);
});

test('bash finds emit_event in its environment, and other shells find nothing amiss', () => {
  const log = join(folderOfTest(), 'event.log');
  const env = { PATH, ...shellEnvironment(log) };
  execFileSync('bash', ['-c', `${CALL}; bash -c "emit_event again"`], { env });
  expect(linesOf(log)).toMatchObject([SAID, { kind: 'event', event: { type: 'again' } }]);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', 'echo well'], { env });
  expect([status, String(stdout), String(stderr)]).toEqual([0, 'well\n', '']);
});
