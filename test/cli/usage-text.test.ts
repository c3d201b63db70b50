import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/usage-text.ts';
import { SignalboxError } from '../../src/std/errors.ts';

const OUT_OF_FILES =
  'signalbox: too few files may be open at once; raise the limit: ulimit -n 1024';
const UNEXPECTED = /^signalbox: this should not have happened; please report it\nError: /;

/** What Node throws where it finds no package: by its name, or by the path of its file. */
function packageMissing(what: string): Error {
  const message = `Cannot find package '${what}' imported from /app/dist/cli/main.js`;
  return failing('ERR_MODULE_NOT_FOUND', message);
}

function failing(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('that no more files may be open', () => {
  test.each(['EMFILE', 'ENFILE'])('is told where the system says %s', (code) => {
    expect(describeFailure(failing(code, `${code}: open '/x'`))).toBe(OUT_OF_FILES);
  });

  test('is told of a package that is there, and whose file cannot be opened', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'));
    expect(describeFailure(packageMissing(join(folder, 'index.js')))).toBe(OUT_OF_FILES);
  });

  test('is not told of a package that is not there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'));
    const gone = join(folder, 'zod', 'index.js');
    for (const missing of ['zod', '@scope/name', gone]) {
      expect(describeFailure(packageMissing(missing))).toMatch(UNEXPECTED);
    }
  });

  test('is not told of other failures, whatever their words', () => {
    const { message } = packageMissing(join(tmpdir(), 'index.js'));
    expect(describeFailure(failing('ENOENT', message))).toMatch(UNEXPECTED);
    expect(describeFailure(new Error('EMFILE'))).toMatch(UNEXPECTED);
    expect(describeFailure('EMFILE')).toMatch(/please report it\nEMFILE$/);
    const ours = new SignalboxError('data.unusable', 'EMFILE');
    expect(describeFailure(ours)).toBe('signalbox: EMFILE');
  });
});
