import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { connect, connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { checkedJson, jsonOf, sortData } from './emit-input.ts';
import type { Globals } from './globals.ts';
import { LINE_BYTES_MAX } from './lines.ts';
import { printJsonLine } from './output.ts';
import { shownCommand } from './shown-command.ts';

/** The flags of `trigger`. */
export interface TriggerFlags extends Omit<Globals, 'data'> {
  /** What the run finds as its event's data; and the data directory, where it names one. */
  readonly data?: readonly string[] | undefined;
  readonly handler?: string | undefined;
  readonly wait?: boolean | undefined;
  /** Asks before each step that acts. */
  readonly interactive?: boolean | undefined;
  /** Only shows what would be done. */
  readonly dryRun?: boolean | undefined;
}

/** Starts a flow or a choreography by its name and prints the id of the event that does so. */
export async function trigger(this: CliContext, flags: TriggerFlags, word?: string): Promise<void> {
  const flow = nameOf(word, flags.handler);
  const { payload, directory } = sortData(flags.data ?? [], this.workingDirectory);
  const globals: Globals = { ...flags, data: directory };
  const data = await dataOf(this, payload);
  if (flags.dryRun === true) {
    const { triggerDryRun } = await import('./trigger-dry-run.ts');
    return triggerDryRun(this, globals, { flow, data, interactive: flags.interactive });
  }
  if (flags.interactive === true) {
    const { triggerInteractive } = await import('./trigger-interactive.ts');
    return triggerInteractive(this, globals, { flow, data, wait: flags.wait === true });
  }
  if (flags.wait === true) {
    const { waitForRuns } = await import('./emit-wait.ts');
    const daemon = await connectToDaemon(this, globals);
    return using(daemon, async (client) => {
      const receipt = await client.startFlow(flow, data);
      const { event: id, seq } = receipt;
      const see = shownCommand(this, globals, 'events', 'show', id);
      const silence = `Flow ${escapeText(flow)} was not started; see: ${see}`;
      await waitForRuns(this, globals, { client, id, seq, receipt, silence });
    });
  }
  await using(await connect(this, globals), async (client) => {
    const receipt = await client.startFlow(flow, data);
    if (wantsJson(this, globals)) await printJsonLine(this.terminal, receipt);
    else await this.terminal.print(`${receipt.event}\n`);
  });
}

function nameOf(word: string | undefined, handler: string | undefined): string {
  if (word !== undefined && handler !== undefined) {
    throw usage('The flow is named twice: as a word and by --handler. Leave one out.');
  }
  const name = word ?? handler;
  if (name === undefined) throw usage('Name the flow, as in: signalbox trigger FLOW');
  return name;
}

async function dataOf(
  { stdin, workingDirectory: folder }: CliContext,
  payload: string | undefined,
): Promise<string> {
  if (payload === undefined) return 'null';
  return payload === '-'
    ? checkedJson(await readAll(stdin), 'standard input', '')
    : jsonOf(payload, { folder });
}

async function readAll(stdin: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > LINE_BYTES_MAX) {
      throw usage(`standard input has more than ${LINE_BYTES_MAX} bytes; give a file's path.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message);
}
