import { parseId } from '../events/ids.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { LetterKind } from '../store/contract.ts';
import type { LetterDetail } from '../views/letter-view.ts';
import type { Client, LettersClient } from './client.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { latestLetters } from './dlq.ts';
import { jsonOfFile } from './emit-input.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { count, printDocument } from './output.ts';
import { openProgress } from './progress-line.ts';
import { explainRefusal, mistakenId } from './unknown-id.ts';

/** The flags that `dlq retry` and `dlq drop` share. */
export interface SettleFlags extends Globals {
  readonly all?: boolean | undefined;
  readonly kind?: LetterKind | undefined;
  readonly flow?: string | undefined;
  readonly limit?: number | undefined;
}

/** The flags of `dlq retry`. */
export interface RetryFlags extends SettleFlags {
  readonly with?: string | undefined;
}

/** The flags of `dlq drop`. */
export interface DropFlags extends SettleFlags {
  readonly reason?: string | undefined;
}

/** Has another try at one dead letter, or with --all at every open one that fits. */
export async function retryLetters(
  this: CliContext,
  flags: RetryFlags,
  id?: string,
): Promise<void> {
  if (flags.with !== undefined && flags.all === true) {
    throw usage('--with gives the data of one event; name its letter instead of --all.');
  }
  const data =
    flags.with === undefined
      ? undefined
      : jsonOfFile(flags.with, { flag: '--with ', folder: this.workingDirectory });
  const settle: Settle = (letters, letter) => letters.retry(letter, data);
  await settleLetters(this, flags, { id, settle, done: 'retried' });
}

/** Sets one dead letter aside, or with --all every open one that fits. */
export async function dropLetters(this: CliContext, flags: DropFlags, id?: string): Promise<void> {
  const settle: Settle = (letters, letter) => letters.drop(letter, flags.reason);
  await settleLetters(this, flags, { id, settle, done: 'dropped' });
}

type Settle = (letters: LettersClient, id: string) => Promise<LetterDetail>;

interface Settling {
  readonly id: string | undefined;
  readonly settle: Settle;
  readonly done: 'retried' | 'dropped';
}

/** Letters that one --all is about; who has more runs it again. */
const BULK_MAX = 100_000;
/** Refusals that are told one by one. */
const REFUSALS_SHOWN_MAX = 20;

async function settleLetters(
  context: CliContext,
  flags: SettleFlags,
  settling: Settling,
): Promise<void> {
  const { id } = settling;
  if (id === undefined && flags.all !== true) {
    throw usage('Name a dead letter, or --all for every open one; list them with: signalbox dlq');
  }
  if (id !== undefined && flags.all === true) throw usage('Name one letter, or --all: not both.');
  await using(await connect(context, flags), (client) => {
    return id === undefined
      ? settleAll(context, flags, { client, settling })
      : settleOne(context, flags, { client, id, settling });
  });
}

async function settleOne(
  context: CliContext,
  flags: SettleFlags,
  { client, id, settling }: { client: Client; id: string; settling: Settling },
): Promise<void> {
  const { terminal } = context;
  const sought = { sought: 'dead letter', id } as const;
  if (parseId(id) === undefined) throw await mistakenId(client, 'dead letter', id);
  const letter = await settling
    .settle(client.letters, id)
    .catch((error: unknown) => explainRefusal(error, client, sought));
  if (wantsJson(context, flags)) return printDocument(terminal, letter);
  const where = letter.closed === null ? '' : `, as event ${letter.closed}`;
  await terminal.print(`Dead letter ${letter.id} is ${settling.done}${where}.\n`);
  noteWithoutDaemon(context, client, settling);
}

/** A letter that was not settled, and why. */
interface Refused {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

async function settleAll(
  context: CliContext,
  flags: SettleFlags,
  { client, settling }: { client: Client; settling: Settling },
): Promise<void> {
  const { terminal } = context;
  const { kind, flow, limit = BULK_MAX } = flags;
  const query = { kind, flow, state: 'open', limit: Math.min(limit, BULK_MAX) } as const;
  const letters = await latestLetters(client.letters, query);
  const refused = await settleEach(context, client.letters, {
    // As they happened: the order of the events is the order of their retries.
    ids: letters.map(({ id }) => id).toReversed(),
    settle: settling.settle,
  });
  if (refused.length > 0) context.process.exitCode = EXIT.failed;
  const number = letters.length - refused.length;
  if (wantsJson(context, flags)) {
    return printDocument(terminal, { [settling.done]: number, refused });
  }
  await terminal.print(`${count(number, 'dead letter')} ${settling.done}.\n`);
  for (const { id, message } of refused.slice(0, REFUSALS_SHOWN_MAX)) {
    terminal.note(`${id}: ${escapeText(message)}\n`);
  }
  const rest = refused.length - REFUSALS_SHOWN_MAX;
  if (rest > 0) terminal.note(`and ${rest} more that were refused\n`);
  if (number > 0) noteWithoutDaemon(context, client, settling);
}

async function settleEach(
  { terminal, clock }: CliContext,
  letters: LettersClient,
  { ids, settle }: { readonly ids: readonly string[]; readonly settle: Settle },
): Promise<Refused[]> {
  const progress = openProgress(terminal, clock);
  const refused: Refused[] = [];
  try {
    for (const [done, id] of ids.entries()) {
      progress.show(() => `${done} of ${count(ids.length, 'dead letter')}`);
      const refusal = await settle(letters, id).then(() => undefined, refusalOf);
      if (refusal !== undefined) refused.push({ id, ...refusal });
    }
    return refused;
  } finally {
    progress.end();
  }
}

/** What is wrong with one letter holds up no other; what is wrong with all of them does. */
function refusalOf(error: unknown): Omit<Refused, 'id'> {
  const isOfLetter = error instanceof SignalboxError && /^(letter|run)\./.test(error.code);
  if (!isOfLetter) throw error;
  return { code: error.code, message: error.message };
}

function noteWithoutDaemon(
  { terminal }: CliContext,
  { url }: Client,
  { done }: Pick<Settling, 'done'>,
): void {
  if (url === undefined && done === 'retried') {
    terminal.note('No daemon runs: it is tried again as soon as one does.\n');
  }
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message);
}
