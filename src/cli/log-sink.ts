import type { Writable } from 'node:stream';
import { type Clock, delay } from '../std/clock.ts';

/** How much of the log may wait for a reader that does not read, in bytes. */
const WAITING_MAX = 1_048_576;
/** How long the end of the daemon waits for the last lines to be read. */
const FLUSH_MS = 1_000;

/** Where a daemon's log goes. */
export interface LogSink {
  /** Never blocks and never fails: what nobody reads is dropped, and the drop is told. */
  readonly write: (line: string) => void;
  /** Resolves when everything is written, or will not be. */
  flush(): Promise<void>;
}

/**
 * Writes a log to standard error without ever holding up the daemon: a reader that stands still
 * costs lines instead of memory, and one that went away (EPIPE) costs nothing.
 */
export function openLogSink(stderr: Writable, clock: Clock): LogSink {
  let dropped = 0;
  let closed = false;
  stderr.on('error', () => (closed = true));

  return {
    write(line) {
      if (closed) return;
      if (stderr.writableLength > WAITING_MAX) {
        dropped++;
        return;
      }
      if (dropped > 0) stderr.write(`${dropped} lines of this log were dropped: nobody read it.\n`);
      dropped = 0;
      stderr.write(line);
    },
    async flush() {
      if (closed) return;
      const written = new Promise<void>((resolve) => stderr.write('', () => resolve()));
      await Promise.race([written, delay(clock, FLUSH_MS)]);
    },
  };
}
