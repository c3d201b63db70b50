import type { EventDraft } from '../events/event.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { Disposition } from '../views/disposition.ts';
import { endedWell } from '../views/event-result.ts';
import { fateSentence } from '../views/fate.ts';
import type { RunView } from '../views/run-view.ts';
import type { Client } from './client.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { notRecorded } from './emit-lines.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { runSentence } from './run-text.ts';
import { shownCommand } from './shown-command.ts';

/**
 * Emits one event and waits until every run that it started has ended. Prints its id at once, and
 * what became of each run; the exit code is 1 where one ended otherwise than well, such as failed
 * or cancelled, or a flow could not take it.
 */
export async function emitAndWait(
  context: CliContext,
  flags: Globals,
  { client, draft }: { readonly client: Client; readonly draft: EventDraft },
): Promise<void> {
  const result = await client.emit(draft);
  if (result.kind !== 'accepted') throw notRecorded(result);
  const { id, seq, duplicate } = result;
  const silence = `No flow answers ${escapeText(draft.type)}.`;
  await waitForRuns(context, flags, { client, id, seq, receipt: { id, seq, duplicate }, silence });
}

/** An event that was recorded, and whose runs are waited for. */
export interface Awaited {
  readonly client: Client;
  readonly id: string;
  readonly seq: number;
  /** What `--json` prints of it, beside its runs. */
  readonly receipt: object;
  /** What is said where it has started none. */
  readonly silence: string;
}

/** Prints the event's id, waits for its runs, and prints what became of each. */
export async function waitForRuns(
  context: CliContext,
  flags: Globals,
  { client, id, seq, receipt, silence }: Awaited,
): Promise<void> {
  if (!wantsJson(context, flags)) await context.terminal.print(`${id}\n`);
  const disposition = (await client.event(id, seq))?.disposition ?? [];
  const runs = await endedRuns(client, disposition, seq);
  await tellEnds(context, flags, { receipt, silence, disposition, runs });
}

/** What became of an event, once all of its runs have ended. */
interface Ends extends Pick<Awaited, 'receipt' | 'silence'> {
  readonly disposition: readonly Disposition[];
  readonly runs: readonly RunView[];
}

/** Prints what became of each run, and says by the exit code whether all is well. */
export async function tellEnds(
  context: CliContext,
  flags: Globals,
  { receipt, silence, disposition, runs }: Ends,
): Promise<void> {
  const { terminal } = context;
  const dead = disposition.filter(({ outcome }) => outcome === 'dead_lettered');
  const other = disposition.filter(isToldApart);
  if (wantsJson(context, flags)) await printDocument(terminal, { ...receipt, runs });
  else if (runs.length > 0) {
    await terminal.print(runs.map((run) => `${runSentence(run)}\n`).join(''));
  } else if (dead.length + other.length === 0) terminal.note(`${silence}\n`);
  for (const each of other) terminal.note(`${otherSentence(each)}\n`);
  for (const letter of dead) terminal.note(`${letterSentence(letter)}\n`);
  if (dead.length > 0) terminal.note(`See: ${shownCommand(context, flags, 'dlq')}\n`);
  const failed = dead.length > 0 || !runs.every(endedWell);
  if (failed) context.process.exitCode = runs.some(isDeclined) ? EXIT.rejected : EXIT.failed;
}

function isDeclined({ state }: RunView): boolean {
  return state === 'declined';
}

/** What becomes of an event that starts no run now, and that nobody need look after. */
const OTHER_FATES: ReadonlySet<Disposition['outcome']> = new Set(['coalesced', 'dropped']);

/** Who emits an event that a hook keeps from its flows must not take it for one without flows. */
export function isToldApart({ outcome, hook, pattern }: Disposition): boolean {
  return OTHER_FATES.has(outcome) || hook !== undefined || pattern !== undefined;
}

/** What became of an event that starts no run now, for people. */
export function otherSentence(disposition: Disposition): string {
  return escapeText(withStop(fateSentence({ ...disposition, state: null })));
}

function withStop(sentence: string): string {
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

/** Why a flow could not take an event, for people. */
export function letterSentence({ flow, reason }: Disposition): string {
  const why = reason === null ? '' : `: ${escapeText(reason)}`;
  return `flow ${escapeText(flow)} could not take it${why}`;
}

/** The runs that the event started, each as it ended. */
export async function endedRuns(
  client: Client,
  disposition: readonly Disposition[],
  seq: number,
): Promise<RunView[]> {
  const started = disposition.flatMap(({ run }) => (run === null ? [] : [run]));
  if (started.length === 0) return [];
  const ended = new Map<string, RunView>();
  const look = async (run: string): Promise<void> => {
    const view = await client.run(run);
    if (view !== undefined && view.ended !== null) ended.set(run, view);
  };
  // Followed from the event itself on: no end can slip by between the look and the stream.
  const ends = client.follow({ after: seq, type: 'run.*' });
  await Promise.all(started.map(look));
  if (ended.size === started.length) return inOrder(started, ended);
  for await (const { causationid } of ends) {
    if (causationid === undefined || !started.includes(causationid)) continue;
    await look(causationid);
    if (ended.size === started.length) return inOrder(started, ended);
  }
  throw new SignalboxError('daemon.stopped', 'The daemon stopped before every run had ended.');
}

function inOrder(ids: readonly string[], runs: ReadonlyMap<string, RunView>): RunView[] {
  return ids.flatMap((id) => runs.get(id) ?? []);
}
