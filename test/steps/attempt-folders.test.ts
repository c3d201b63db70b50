import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttemptFolders, readOutput } from '../../src/steps/attempt-folders.ts';
import { EVENT } from '../fixtures/step-context.ts';

let parent: string;
let folders: AttemptFolders;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'folders-'));
  folders = new AttemptFolders({ owner: 'a1', parent });
});
afterEach(() => rmSync(parent, { recursive: true }));

describe('the folder of an attempt', () => {
  test('holds the event, for nobody else to read', async () => {
    const { path, eventFile, outputFile } = await folders.create(EVENT);
    expect(JSON.parse(readFileSync(eventFile, 'utf8'))).toEqual(EVENT);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(eventFile).mode & 0o777).toBe(0o600);
    expect(existsSync(outputFile)).toBe(false);
  });

  test('is removed with whatever was put there', async () => {
    for (const fill of [() => {}, plainOutput, manyThings, nothingLeft]) {
      const folder = await folders.create(EVENT);
      fill(folder.path);
      await folders.remove(folder);
      expect(readdirSync(parent)).toEqual([]);
    }
  });

  test('that a link in it points out of is removed alone', async () => {
    const folder = await folders.create(EVENT);
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'kept'), '');
    symlinkSync(outside, join(folder.path, 'link'));
    await folders.remove(folder);
    expect(readdirSync(outside)).toEqual(['kept']);
    rmSync(outside, { recursive: true });
  });

  test('is left by a daemon that was killed, and removed by the next of its owner', async () => {
    await folders.create(EVENT);
    await folders.create(EVENT);
    const other = await new AttemptFolders({ owner: 'a12', parent }).create(EVENT);
    await new AttemptFolders({ owner: 'a1', parent }).clear();
    expect(readdirSync(parent).map((name) => join(parent, name))).toEqual([other.path]);
  });

  test('cannot be made where there is no place, and says so', async () => {
    const nowhere = new AttemptFolders({ owner: 'a1', parent: join(parent, 'missing') });
    await expect(nowhere.create(EVENT)).rejects.toThrow('ENOENT');
    await nowhere.clear();
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe('the output of a command', () => {
  const path = (): string => join(parent, 'output.json');

  test('is what the file holds, and nothing where it holds nothing', async () => {
    expect(await readOutput(path(), 4)).toEqual({ kind: 'none' });
    writeFileSync(path(), '');
    expect(await readOutput(path(), 4)).toEqual({ kind: 'none' });
    writeFileSync(path(), 'abcd');
    expect(await readOutput(path(), 4)).toEqual({ kind: 'bytes', bytes: Buffer.from('abcd') });
    writeFileSync(path(), 'abcde');
    expect(await readOutput(path(), 4)).toEqual({ kind: 'too_large', bytes: 5 });
  });

  test('is none where the command put something else in its place', async () => {
    mkdirSync(path());
    expect(await readOutput(path(), 4)).toEqual({ kind: 'no_file' });
    rmSync(path(), { recursive: true });
    symlinkSync('/etc/hostname', path());
    expect(await readOutput(path(), 4)).toEqual({ kind: 'no_file' });
    rmSync(path());
    symlinkSync('/dev/zero', path());
    expect(await readOutput(path(), 4)).toEqual({ kind: 'no_file' });
    rmSync(path());
    spawnSync('sh', ['-c', 'mkfifo "$0"', path()]);
    expect(await readOutput(path(), 4)).toEqual({ kind: 'no_file' });
  });
});

function plainOutput(path: string): void {
  writeFileSync(join(path, 'output.json'), '{}');
}

function manyThings(path: string): void {
  plainOutput(path);
  mkdirSync(join(path, 'a', 'b'), { recursive: true });
  writeFileSync(join(path, 'a', 'b', 'c'), '');
}

function nothingLeft(path: string): void {
  rmSync(path, { recursive: true });
}
