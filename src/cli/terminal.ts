import type { Writable } from 'node:stream';

/** Where a command's output goes, and what may be shown there. */
export interface Terminal {
  /** Columns of a line; infinite where output goes into a pipe or a file. */
  readonly width: number;
  /** Lines of the screen; undefined where output goes into a pipe or a file. */
  readonly height?: number | undefined;
  readonly color: boolean;
  /** Whether a person watches standard error, so that progress may be redrawn there. */
  readonly live: boolean;
  /** Whether a person watches standard output, line by line. */
  readonly watched: boolean;
  /** False once the reader has gone away: nothing that is written arrives any more. */
  readonly open: boolean;
  /** Writes to standard output and resolves when there is room for more. */
  print(text: string): Promise<void>;
  /** Writes to standard error: errors, progress, hints. */
  note(text: string): void;
}

export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface TerminalOptions {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The narrowest a table is drawn: below, lines wrap. */
const WIDTH_MIN = 40;

/**
 * A terminal over the process's streams. A reader that goes away ends no command: output is
 * dropped.
 */
export function openTerminal({ stdout, stderr, env }: TerminalOptions): Terminal {
  let open = true;
  stdout.on('error', () => (open = false));
  stderr.on('error', () => {});

  return {
    // A window may change its size while a command runs.
    get width() {
      return stdout.isTTY === true ? Math.max(WIDTH_MIN, stdout.columns ?? 80) : Infinity;
    },
    get height() {
      return stdout.isTTY === true ? (stdout.rows ?? 24) : undefined;
    },
    color: wantsColor(stdout.isTTY === true, env),
    live: stderr.isTTY === true && env['TERM'] !== 'dumb',
    watched: stdout.isTTY === true,
    get open() {
      return open;
    },
    print: (text) => (open ? write(stdout, text) : Promise.resolve()),
    note: (text) => void stderr.write(text),
  };
}

/** https://no-color.org: any value but the empty one switches colour off. */
export function wantsColor(isTTY: boolean, env: TerminalOptions['env']): boolean {
  return isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.write(text)) return resolve();
    stream.once('drain', done);
    stream.once('error', done);
    stream.once('close', done);

    function done(): void {
      stream.off('drain', done);
      stream.off('error', done);
      stream.off('close', done);
      resolve();
    }
  });
}
