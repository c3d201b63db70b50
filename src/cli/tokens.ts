import type { Loaded } from '../config.ts';
import type { TokenRole } from '../identity/roles.ts';
import type { TokenView } from '../identity/token.ts';
import { loadNamed } from './configuration.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `tokens create`. */
export interface CreateTokenFlags extends Globals {
  readonly name: string;
  readonly role: TokenRole;
  readonly person?: string | undefined;
  readonly expires?: string | undefined;
}

/** Lists the tokens that there are. */
export async function listTokens(this: CliContext, flags: Globals): Promise<void> {
  const tokens = await using(await connect(this, flags), (client) => client.tokens.list());
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: tokens });
  if (tokens.length === 0) return this.terminal.note(NONE);
  await this.terminal.print(renderTable(tokens, COLUMNS, this.terminal));
}

/** Makes a token and prints it alone on standard output, so that a script can take it. */
export async function createToken(this: CliContext, flags: CreateTokenFlags): Promise<void> {
  const { name, role, person, expires } = flags;
  const files = (): Promise<Loaded> => loadNamed(this, flags);
  const client = await connect(this, flags, { creates: true, files });
  const made = await using(client, () => client.tokens.create({ name, role, person, expires }));
  if (wantsJson(this, flags)) return printDocument(this.terminal, made);
  await this.terminal.print(`${made.token}\n`);
  this.terminal.note(`Keep it: it is not shown again. It is ${made.id}, for the role ${role}.\n`);
}

/** Takes a token back. */
export async function revokeToken(this: CliContext, flags: Globals, named: string): Promise<void> {
  const client = await connect(this, flags);
  const revoked = await using(client, () => client.tokens.revoke(named));
  if (wantsJson(this, flags)) return printDocument(this.terminal, revoked);
  await this.terminal.print(`${revoked.name} (${revoked.id}) lets nobody in any more.\n`);
}

const NONE =
  'No tokens but the one of the owner; make one with: signalbox tokens create --name N --role R\n';

const COLUMNS: readonly Column<TokenView>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'NAME', cell: ({ name }) => name, shrinks: true },
  { head: 'ROLE', cell: ({ role }) => role },
  { head: 'PERSON', cell: ({ person }) => person ?? '' },
  { head: 'CREATED', cell: ({ created }) => formatTime(created) },
  { head: 'LAST USED', cell: ({ last_used: used }) => (used === null ? '' : formatTime(used)) },
  {
    head: 'EXPIRES',
    cell: ({ expires }) => (expires === null ? 'never' : formatTime(expires)),
    tone: ({ state }) => (state === 'expired' ? 'bad' : 'plain'),
  },
];
