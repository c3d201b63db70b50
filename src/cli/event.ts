import type { EventDraft } from '../events/event.ts';
import type { SourceDefinition } from '../flows/source.ts';
import { builtInSourceShapes } from '../sources/shapes.ts';
import { SignalboxError } from '../std/errors.ts';
import { silentLogger } from '../std/logger.ts';
import { type EventOutcome, eventResult } from '../views/event-result.ts';
import type { Client } from './client.ts';
import { type FileFlags, loadForCommand } from './configuration.ts';
import { findRunning, placeOf, using } from './connect.ts';
import type { CliContext } from './context.ts';
import { DEFAULT_SOURCE, draftOfArguments, jsonOf } from './emit-input.ts';
import { notRecorded } from './emit-lines.ts';
import { endedRuns, isToldApart, letterSentence, otherSentence } from './emit-wait.ts';
import { EXIT } from './exit-code.ts';
import { openHttpClient } from './http-client.ts';
import { printJsonLine } from './output.ts';
import { shownCommand } from './shown-command.ts';
import { noteProposals } from './waiting-note.ts';
import { fatesBehindWindows } from './window-fates.ts';

/** The flags of `event`. */
export interface EventFlags extends FileFlags {
  readonly type?: string | undefined;
  readonly payload?: string | undefined;
  readonly handler?: string | undefined;
}

/** An event that is to be processed to its end, or a flow that is to be started by its name. */
type Asked =
  | { readonly kind: 'draft'; readonly draft: EventDraft }
  | { readonly kind: 'flow'; readonly flow: string; readonly data: string };

/**
 * Processes one event to the end and prints what came of it as seed 003's `EventResult`; the exit
 * code is 1 where that is no success. Where no daemon runs, one runs for as long as it takes, and
 * opens no sources.
 */
export async function processEvent(this: CliContext, flags: EventFlags): Promise<void> {
  const { type, payload = '{}', handler } = flags;
  if (type === undefined && handler === undefined) {
    throw usage('Name the type of the event or its handler, as in: signalbox event --type TYPE');
  }
  const folder = this.workingDirectory;
  const words = { type, handler, data: jsonOf(payload, { flag: '--payload', folder }) };
  const outcomes = await withDaemon(this, flags, async (client, findSources) => {
    const found: EventOutcome[] = [];
    for (const each of await askedOf(findSources, words)) {
      const recorded = await record(client, each);
      void noteProposals(this, flags, { client, ...recorded });
      found.push(await outcomeOf(client, recorded));
    }
    return found;
  });
  const silence = `No source of type "${type ?? ''}" names a handler.`;
  const none = [{ id: '', runs: [], refusals: [], silence }];
  const result = eventResult(outcomes.length === 0 ? none : outcomes);
  await printJsonLine(this.terminal, result);
  if (!result.success) this.process.exitCode = EXIT.failed;
}

interface Words {
  readonly type: string | undefined;
  readonly handler: string | undefined;
  readonly data: string;
}

/** The sources in force of whoever is asked. */
type FindSources = () => Promise<Iterable<Pick<SourceDefinition, 'name' | 'type' | 'handlers'>>>;

/** A type of sources stands for what each source of the type that names a handler would tell. */
async function askedOf(
  findSources: FindSources,
  { type, handler, data }: Words,
): Promise<readonly Asked[]> {
  if (handler !== undefined) return [{ kind: 'flow', flow: handler, data }];
  const shape = builtInSourceShapes.find((each) => each.type === type);
  const draft = (eventType: string, source: string): Asked => ({
    kind: 'draft',
    draft: draftOfArguments(eventType, { source }, { data, words: [], folder: '' }),
  });
  if (shape === undefined) return [draft(type ?? '', DEFAULT_SOURCE)];
  const told = shape.emits.find((each) => each !== '*') ?? `${shape.type}.received`;
  const sources = [...(await findSources())];
  return sources
    .filter((source) => source.type === shape.type && source.handlers.length > 0)
    .map(({ name }) => draft(told, name));
}

/** Asks the daemon that runs, else one that runs for as long as it is asked. */
async function withDaemon<T>(
  context: CliContext,
  flags: EventFlags,
  work: (client: Client, findSources: FindSources) => Promise<T>,
): Promise<T> {
  const running = await findRunning(context, flags);
  if (running !== undefined) return using(running, () => work(running, () => running.sources()));
  const { startDaemon } = await import('./daemon.ts');
  const { readFileSync } = await import('node:fs');
  const daemon = await startDaemon({
    configuration: await loadForCommand(context, flags),
    dataDirectory: placeOf(context, flags).dataDirectory,
    port: 0,
    apply: false,
    sources: [],
    logger: silentLogger,
    clock: context.clock,
  });
  try {
    if (daemon.box.status().pending !== undefined) noteDiffering(context, flags);
    const token = readFileSync(daemon.ready.token_file, 'utf8').trim();
    const client = await openHttpClient(daemon.ready.url, token);
    // It opens none, and so lists none.
    const findSources: FindSources = async () =>
      (await daemon.box.catalog()).sources?.values() ?? [];
    return await using(client, () => work(client, findSources));
  } finally {
    await daemon.stop();
  }
}

function noteDiffering(context: CliContext, flags: EventFlags): void {
  const [see, apply] = [['plan'], ['up', '--apply']].map((words) =>
    shownCommand(context, flags, ...words),
  );
  const message = `the files differ from what is in force; see: ${see}, and then: ${apply}`;
  context.terminal.note(`warning: ${message}\n`);
}

interface Recorded {
  readonly id: string;
  readonly seq: number;
}

async function outcomeOf(client: Client, { id, seq }: Recorded): Promise<EventOutcome> {
  const disposition = await fatesBehindWindows(client, { id, seq });
  const dead = disposition.filter(({ outcome }) => outcome === 'dead_lettered');
  return {
    id,
    runs: await endedRuns(client, disposition, seq),
    refusals: [...dead.map(letterSentence), ...disposition.filter(isToldApart).map(otherSentence)],
    silence: 'No flow answers this event.',
  };
}

async function record(client: Client, asked: Asked): Promise<Recorded> {
  if (asked.kind === 'flow') {
    const { event, seq } = await client.startFlow(asked.flow, asked.data);
    return { id: event, seq };
  }
  const result = await client.emit(asked.draft);
  if (result.kind !== 'accepted') throw notRecorded(result);
  return { id: result.id, seq: result.seq };
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message);
}
