import type { CommandContext, StricliProcess } from '@stricli/core';
import type { Clock } from '../std/clock.ts';
import type { Globals } from './globals.ts';
import type { Terminal, TerminalStream } from './terminal.ts';

/** All that a command may use of the process it runs in. */
export interface CliContext extends CommandContext {
  readonly process: StricliProcess;
  readonly terminal: Terminal;
  readonly stdin: AsyncIterable<Buffer>;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly workingDirectory: string;
  /** The global flags that stood before the command's name. */
  readonly globals: Globals;
}
