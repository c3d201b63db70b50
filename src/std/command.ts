import { statSync } from 'node:fs';
import type { Captured } from './captured-output.ts';

/** Why a signal is aborted whose command is to be killed without grace. */
export const AT_ONCE = new Error('The command is killed at once.');

/** Processes as a port: the only way to start one. */
export interface Processes {
  /**
   * Runs a command in a session of its own and resolves when it has ended, whatever came of it.
   *
   * When `signal` is aborted, its group gets SIGTERM and, after a grace, SIGKILL, together with
   * what left the group; SIGKILL at once where the reason is `AT_ONCE`. What a command leaves
   * behind in its group is killed at its end; what left the group lives on after success only.
   *
   * @throws TypeError where the program is empty or one of the texts holds a NUL.
   */
  run(command: Command): Promise<CommandEnd>;
}

/** Nothing is inherited: what is not written here, the command does not get. */
export interface Command {
  /** The program, looked up in `environment.PATH`, and its arguments. No shell reads them. */
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly stdin?: string | undefined;
  /** How much of the start of standard output is kept. The rest is read, counted and dropped. */
  readonly stdoutBytesMax: number;
  /** Whether these are the last of what it prints, and not the first. */
  readonly keepsStdoutEnd?: boolean | undefined;
  /** How much of the end of standard error is kept. */
  readonly stderrBytesMax: number;
  readonly signal: AbortSignal;
}

export type CommandEnd =
  | ({ readonly kind: 'exited'; readonly code: number } & Printed)
  /** By a signal: ours where `aborted`. */
  | ({ readonly kind: 'killed'; readonly signal: string; readonly aborted: boolean } & Printed)
  /** It never ran. */
  | { readonly kind: 'unstarted'; readonly reason: UnstartedReason };

export interface Printed {
  readonly stdout: Captured;
  readonly stderr: Captured;
}

/** `unavailable`: for the moment, as the machine has no process, file or memory to spare. */
export type UnstartedReason =
  | 'not_found'
  | 'not_executable'
  | 'no_directory'
  | 'too_long'
  | 'unavailable'
  | 'aborted';

/** Why a command did not start, of the system's error code. */
export function unstartedReason(code: string | undefined, directory: string): UnstartedReason {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      // The system does not say whether it missed the program or the directory.
      return isDirectory(directory) ? 'not_found' : 'no_directory';
    case 'EACCES':
    case 'EPERM':
    case 'ENOEXEC':
    case 'EISDIR':
    case 'ELIBBAD':
      return 'not_executable';
    case 'E2BIG':
      return 'too_long';
    default:
      return 'unavailable';
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
