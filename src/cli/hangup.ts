import { closeSync, constants, openSync } from 'node:fs';

/** What SIGHUP has come to mean: by its sender, or because the terminal went away. */
export interface Hangups {
  /** Resolves when the terminal that the process was started in has gone. */
  readonly terminalGone: Promise<string>;
  /**
   * Calls `reload` for each signal that somebody sent, one call after the other. Signals that come
   * meanwhile, or came before, are one. `reload` must not throw.
   */
  follow(reload: () => Promise<void>): void;
}

const SIGNAL = 'SIGHUP';

/** Listens for SIGHUP from now on. */
export function catchHangups(): Hangups {
  const hadTerminal = hasTerminal();
  let reload: (() => Promise<void>) | undefined;
  let wanted = false;
  let working = false;

  async function work(task: () => Promise<void>): Promise<void> {
    if (working) return;
    working = true;
    while (wanted) {
      wanted = false;
      await task();
    }
    working = false;
  }

  const terminalGone = new Promise<string>((gone) => {
    process.on(SIGNAL, () => {
      if (hadTerminal && !hasTerminal()) return gone(SIGNAL);
      wanted = true;
      if (reload !== undefined) void work(reload);
    });
  });
  return {
    terminalGone,
    follow(task) {
      reload = task;
      void work(task);
    },
  };
}

/** Whether the process has a terminal that is still there: one that hung up cannot be opened. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
