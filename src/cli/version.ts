import { readFileSync } from 'node:fs';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';

/** Prints the version; with --json also that of Node. */
export async function version(this: CliContext, flags: Globals): Promise<void> {
  const own = readVersion();
  if (!wantsJson(this, flags)) return this.terminal.print(`${own}\n`);
  await printDocument(this.terminal, { version: own, node: process.versions.node });
}

/** The version in our `package.json`. */
export function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version: own } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return own;
}
