import { resolve } from 'node:path';
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
  const report = await using(await connect(this, flags), (client) => client.backup(path));
  if (wantsJson(this, flags)) return printDocument(this.terminal, { file: path, ...report });
  const held = `${count(report.head, 'event')}, ${count(report.bytes, 'byte')}`;
  await this.terminal.print(`${file} holds ${held}, and was read again whole.\n`);
}
