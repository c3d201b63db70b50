import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../src/cli/app.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { SystemClock } from '../../src/std/clock.ts';
import type { Ended } from './signalbox.ts';

/** Runs a command line in this process: a hundred of them cost as much as one process. */
export async function commandLine(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommandLine(args, {
    process: {
      stdout: { write: (line) => void stdout.write(line) },
      stderr: { write: (line) => void stderr.write(line) },
      env,
    },
    terminal: openTerminal({ stdout, stderr, env }),
    stdin: new PassThrough(),
    stderr,
    env,
    clock: new SystemClock(),
    workingDirectory: folder,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}
