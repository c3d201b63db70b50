import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LogFile, openLogFile } from '../../src/cli/log-file.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when all that was written before is in the file. */
async function written(log: LogFile): Promise<void> {
  await new Promise<void>((done) => log.write('', () => done()));
}

async function end(log: LogFile): Promise<void> {
  log.end();
  await once(log, 'close');
}

describe('a log file', () => {
  test('is made for its owner alone, and gone on with', async () => {
    const path = join(newFolder(), 'a.log');
    for (const line of ['one\n', 'two\n']) {
      const log = openLogFile({ path });
      log.write(line);
      await end(log);
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  test('that was moved away is left with its lines, none lost and none twice', async () => {
    const path = join(newFolder(), 'a.log');
    const log = openLogFile({ path });
    const lines = Array.from({ length: 300 }, (_, i) => `line ${i}\n`);
    for (const [i, line] of lines.entries()) {
      // Each move comes while lines are still under way to the file before.
      if (i % 100 === 99) {
        renameSync(path, `${path}.${i}`);
        log.reopen();
      }
      log.write(line);
    }
    await end(log);
    const files = [`${path}.99`, `${path}.199`, `${path}.299`, path];
    const parts = files.map((file) => readFileSync(file, 'utf8'));
    expect(parts.join('')).toBe(lines.join(''));
  });

  test('that was cut short where it lies is gone on with at its new end', async () => {
    const path = join(newFolder(), 'a.log');
    const log = openLogFile({ path });
    log.write('before\n');
    await written(log);
    writeFileSync(path, '');
    log.write('behind\n');
    await end(log);
    expect(readFileSync(path, 'utf8')).toBe('behind\n');
  });

  test('keeps itself and the one before below its limit', async () => {
    const path = join(newFolder(), 'a.log');
    const log = openLogFile({ path, bytesMax: 100 });
    for (let i = 10; i < 99; i++) {
      log.write(`line ${i}\n`);
      await written(log);
    }
    await end(log);
    expect(statSync(path).size).toBeLessThanOrEqual(100);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
    expect(readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8')).toMatch(/line 98\n$/);
  });

  test('that cannot be opened anew goes on where it went, and says so', async () => {
    const folder = newFolder();
    const path = join(folder, 'a.log');
    const log = openLogFile({ path });
    renameSync(path, join(folder, 'moved'));
    symlinkSync(join(folder, 'victim'), path);
    log.reopen();
    log.write('behind\n');
    await end(log);
    expect(existsSync(join(folder, 'victim'))).toBe(false);
    const moved = readFileSync(join(folder, 'moved'), 'utf8');
    expect(moved).toMatch(/^The log file cannot be opened anew: .*symbolic link.*\nbehind\n$/);
  });
});

describe('no log file is', () => {
  test('a link, a pipe, a folder or a device', () => {
    const folder = newFolder();
    const pipe = join(folder, 'pipe');
    const link = join(folder, 'link');
    symlinkSync(join(folder, 'victim'), link);
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    for (const path of [link, pipe, folder, '/dev/null', join(folder, 'absent', 'a.log')]) {
      expect(() => openLogFile({ path })).toThrow(`--log-file ${path} cannot be written: `);
    }
    expect(existsSync(join(folder, 'victim'))).toBe(false);
  });
});
