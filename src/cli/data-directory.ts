import { chmodSync, linkSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { randomSecret } from '../std/random.ts';
import { makePrivateDirectory } from '../store/sqlite/private-files.ts';
import { writeFileAtomic } from '../std/atomic-file.ts';

const TOKEN_PATTERN = /^\S{32,256}$/;
const OWNER_ONLY = 0o600;

/**
 * Makes the data directory where it is missing, for its owner alone.
 *
 * @throws SignalboxError `data.unusable` where it cannot be made, is no directory, or others could
 *   have put something there.
 */
export function makeDataDirectory(directory: string): void {
  try {
    makePrivateDirectory(directory);
  } catch (error) {
    if (error instanceof SignalboxError && error.cause !== undefined) {
      throw unusable(directory, error.cause);
    }
    throw error;
  }
}

/** The token that every request must bring, and the file it stands in. */
export interface Token {
  readonly file: string;
  readonly text: string;
}

/**
 * The token of a data directory; made at its first use, and readable by its owner alone from then
 * on.
 *
 * @throws SignalboxError `data.unusable` where it cannot be read or written, or is no token.
 */
export function tokenOf(directory: string): Token {
  const file = join(directory, 'token');
  try {
    const text = readExisting(file) ?? makeToken(file);
    if (!TOKEN_PATTERN.test(text)) throw new Error('it holds no token of at least 32 characters');
    return { file, text };
  } catch (cause) {
    throw unusable(file, cause);
  }
}

function readExisting(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    // A copy or a restore may have opened it to others.
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, OWNER_ONLY);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of several daemons that start at once, each is given the token of the first to come. */
function makeToken(file: string): string {
  const draft = `${file}.${process.pid}.made`;
  writeFileAtomic(draft, `${randomSecret()}\n`, OWNER_ONLY);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}

function unusable(path: string, cause: unknown): SignalboxError {
  const remedy = 'Choose another data directory with --data, or mend this one.';
  const message = `${path} cannot be used: ${messageOf(cause)}. ${remedy}`;
  return new SignalboxError('data.unusable', message, { cause });
}
