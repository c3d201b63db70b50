import type { LetterKind, LetterState } from '../store/contract.ts';
import type { LetterView } from '../views/letter-view.ts';
import type { LettersClient } from './client.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { showLetter } from './dlq-show.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { collect } from './pages.ts';
import { type Column, renderTable } from './table.ts';

/** Which dead letters a command is about. */
export interface LetterFilter {
  readonly kind?: LetterKind | undefined;
  readonly flow?: string | undefined;
  readonly state?: LetterState | undefined;
  readonly limit?: number | undefined;
}

/** The flags of `dlq ls`. */
export interface LettersFlags extends Globals, LetterFilter {}

const COUNT = 20;

/** Lists the latest dead letters that are open, newest first; with an id it shows that one. */
export async function listLetters(
  this: CliContext,
  flags: LettersFlags,
  id?: string,
): Promise<void> {
  if (id !== undefined) return showLetter.call(this, flags, id);
  const { kind, flow, state = 'open', limit = COUNT } = flags;
  const letters = await using(await connect(this, flags), (client) =>
    latestLetters(client.letters, { kind, flow, state, limit }),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: letters });
  if (letters.length === 0) return this.terminal.note(`No ${state} dead letters.\n`);
  await this.terminal.print(renderTable(letters, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<LetterView>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'WHEN', cell: ({ at }) => formatTime(at) },
  { head: 'KIND', cell: ({ kind }) => kind },
  { head: 'FLOW', cell: ({ flow }) => flow, shrinks: true },
  { head: 'STEP', cell: ({ step }) => step ?? '', shrinks: true },
  { head: 'ATTEMPTS', cell: ({ attempts }) => String(attempts), align: 'right' },
  { head: 'ERROR', cell: ({ error }) => `${error.message} [${error.code}]`, shrinks: true },
];

/** The letters, newest first: at most `limit` of them. */
export function latestLetters(
  letters: LettersClient,
  { limit, ...filter }: LetterFilter & { readonly limit: number },
): Promise<LetterView[]> {
  return collect(limit, (size, after: string | undefined) =>
    letters.list({ ...filter, limit: size, after }),
  );
}
