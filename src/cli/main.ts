#!/usr/bin/env node
import { SystemClock } from '../std/clock.ts';
import { runCommandLine } from './app.ts';
import { openTerminal } from './terminal.ts';

const { env, stdin, stdout, stderr } = process;

process.exitCode = await runCommandLine(process.argv.slice(2), {
  process: {
    stdout: { write: (text) => void stdout.write(text) },
    stderr: { write: (text) => void stderr.write(text) },
    env,
  },
  terminal: openTerminal({ stdout, stderr, env }),
  stdin,
  stderr,
  env,
  clock: new SystemClock(),
  workingDirectory: process.cwd(),
});
