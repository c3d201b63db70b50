import { SignalboxError } from '../std/errors.ts';
import { connect, connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { draftOfArguments, sortData } from './emit-input.ts';
import { notRecorded } from './emit-lines.ts';
import type { Globals } from './globals.ts';
import { printJsonLine } from './output.ts';

/** The flags of `emit`. */
export interface EmitFlags extends Omit<Globals, 'data'> {
  /** The payload; and the data directory, as in every command, where it names one. */
  readonly data?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly id?: string | undefined;
  readonly correlation?: string | undefined;
  readonly wait?: boolean | undefined;
}

/** The words of `emit`. */
export type EmitArguments = [type?: string, operation?: string, context?: string, payload?: string];

/** What stands for standard input. */
const STREAM = '-';

/** Records one event and prints its id, or one event for each line of standard input. */
export async function emit(
  this: CliContext,
  flags: EmitFlags,
  ...[type, ...words]: EmitArguments
): Promise<void> {
  const folder = this.workingDirectory;
  const { payload, directory } = sortData(flags.data ?? [], folder);
  const globals: Globals = { ...flags, data: directory };
  // Where a step of a traced run is what emits, its events go on in that trace.
  const traceparent = this.env['TRACEPARENT'];
  if (type === STREAM || payload === STREAM) {
    refuseBesideStream(flags, { type, payload, words });
    const { emitStandardInput } = await import('./emit-standard-input.ts');
    const { source, subject, correlation } = flags;
    const own = type === STREAM ? undefined : type;
    const common = { type: own, source, subject, correlation, traceparent };
    return emitStandardInput(this, globals, common);
  }
  if (type === undefined) throw usage('Name the type of the event, as in: signalbox emit TYPE');
  const draft = draftOfArguments(type, { ...flags, traceparent }, { data: payload, words, folder });
  if (flags.wait === true) {
    const { emitAndWait } = await import('./emit-wait.ts');
    const client = await connectToDaemon(this, globals);
    return using(client, () => emitAndWait(this, globals, { client, draft }));
  }
  const client = await connect(this, globals, { creates: true });
  await using(client, async () => {
    const result = await client.emit(draft);
    if (result.kind !== 'accepted') throw notRecorded(result);
    const { id, seq, duplicate } = result;
    if (wantsJson(this, globals)) await printJsonLine(this.terminal, { id, seq, duplicate });
    else await this.terminal.print(`${id}\n`);
  });
}

interface Given {
  readonly type: string | undefined;
  readonly payload: string | undefined;
  readonly words: readonly (string | undefined)[];
}

function refuseBesideStream({ id, wait }: EmitFlags, { type, payload, words }: Given): void {
  if (id !== undefined)
    throw usage('--id names one event; in a stream each line has its own "id".');
  if (wait === true) throw usage('--wait waits for one event; it cannot wait for a stream.');
  if (words.some((word) => word !== undefined)) {
    throw usage('The data of a stream comes from its lines; leave the words out.');
  }
  if (type === STREAM && payload !== undefined && payload !== STREAM) {
    throw usage('"-" reads events with their data; leave --data out.');
  }
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message);
}
