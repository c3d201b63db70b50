import { readFileSync, rmSync } from 'node:fs';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { writeFileAtomic } from '../std/atomic-file.ts';

/** Others may read it: that is what it is for. */
const MODE = 0o644;

/**
 * Says which process the daemon is, in a file of its own line. What stood there before is replaced:
 * the file locks nothing, that is done by the data directory.
 *
 * @throws SignalboxError `usage.invalid` where it cannot be written.
 */
export function writePidFile(path: string, pid: number): void {
  try {
    writeFileAtomic(path, `${pid}\n`, MODE);
  } catch (cause) {
    const message = `--pid-file ${path} cannot be written: ${messageOf(cause)}.`;
    throw new SignalboxError('usage.invalid', message, { cause });
  }
}

/** Takes the file away, unless another process has written its own number since. Never throws. */
export function removePidFile(path: string, pid: number): void {
  try {
    if (readFileSync(path, 'utf8').trim() === String(pid)) rmSync(path, { force: true });
  } catch {
    // Somebody took it away already, or its folder: nothing is left to do.
  }
}
