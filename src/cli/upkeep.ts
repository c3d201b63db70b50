import { SignalboxError } from '../std/errors.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { escapeLines, printDocument } from './output.ts';

/** The flags of `limit` and `sources restart`. */
export interface UpkeepFlags extends Globals {
  readonly reason?: string | undefined;
}

/** Closes a source of the running daemon and opens it anew. */
export async function restartSource(
  this: CliContext,
  flags: UpkeepFlags,
  name: string,
): Promise<void> {
  const { reason } = flags;
  const client = await connectToDaemon(this, flags);
  const answer = await using(client, () => client.restartSource({ source: name, reason }));
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  const { name: source, state, error } = answer;
  const why = error === null ? '' : `: ${escapeLines(error).join(' ')}`;
  await this.terminal.print(`${source} is ${state}${why}\n`);
}

/** Has fewer runs of a flow under way at once; `default` is what the files say. */
export async function limit(
  this: CliContext,
  flags: UpkeepFlags,
  flow: string,
  text: string,
): Promise<void> {
  const { reason } = flags;
  const wanted = limitOf(text);
  const client = await connectToDaemon(this, flags);
  const answer = await using(client, () => client.limit({ flow, limit: wanted, reason }));
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  const shown = escapeLines(flow).join(' ');
  const now =
    wanted === null
      ? `${shown} keeps to what the files say.`
      : `${shown} has ${wanted} under way at once, at most.`;
  await this.terminal.print(`${answer.changed ? '' : 'Nothing has changed: '}${now}\n`);
}

function limitOf(text: string): number | null {
  if (text === 'default') return null;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  const shown = escapeLines(text).join(' ');
  const message = `"${shown}" is no limit: write a number from 1 up, or default.`;
  throw new SignalboxError('usage.invalid', message);
}
