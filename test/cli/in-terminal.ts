import { spawnSync } from 'node:child_process';
import { until } from '../fixtures/until.ts';
import { type Child, start } from './signalbox.ts';

/** Runs a command in a terminal of its own, which goes when this program does. */
const TERMINAL = ['sh', '-c', 'exec script -qec "exec $*" /dev/null', 'sh'];

/** A command in a terminal of its own. */
export interface InTerminal {
  /** The terminal: what is written to it is typed there, and its exit code is the command's. */
  readonly child: Child;
  /** What it shows so far, of both outputs. */
  readonly said: () => string;
  /** Resolves when it shows the text. */
  readonly shows: (expected: string) => Promise<void>;
}

/** Starts a command in a terminal; undefined, and said so, where none can be made. */
export function inTerminal(folder: string, args: readonly string[]): InTerminal | undefined {
  if (spawnSync('script', ['-qec', 'true', '/dev/null']).status !== 0) {
    console.log('a terminal: not tried, since there is no program "script" of util-linux');
    return undefined;
  }
  const child = start(folder, args, { prefix: TERMINAL });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));
  return { child, said: () => said, shows: (expected) => until(() => said.includes(expected)) };
}
