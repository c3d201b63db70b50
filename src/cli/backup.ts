import { resolve } from 'node:path';
import { SignalboxError } from '../std/errors.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { count, printDocument } from './output.ts';

/**
 * Copies the store into one file, while the daemon works or where none runs, and checks the copy
 * before it says so.
 */
export async function backup(this: CliContext, flags: Globals, file: string): Promise<void> {
  const path = resolve(this.workingDirectory, file);
  const report = await using(await connect(this, flags), (client) =>
    client.backup(path).catch((error: unknown) => {
      throw isGone(error) ? interrupted(file, error) : error;
    }),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { file: path, ...report });
  const held = `${count(report.head, 'event')}, ${count(report.bytes, 'byte')}`;
  await this.terminal.print(`${file} holds ${held}, and was read again whole.\n`);
}

/** Whether the daemon went away before it had answered. */
function isGone(error: unknown): error is SignalboxError {
  return error instanceof SignalboxError && error.code === 'daemon.absent';
}

function interrupted(file: string, cause: SignalboxError): SignalboxError {
  const outcome = `${file} is there only if it was finished; else begin again.`;
  return new SignalboxError(cause.code, `${cause.message} ${outcome}`, { cause });
}
