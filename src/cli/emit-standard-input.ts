import type { EventDraft } from '../events/event.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { draftOfLine, type EmitAttributes } from './emit-input.ts';
import { emitLines, type LineResult } from './emit-lines.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { type Line, readLines } from './lines.ts';
import { count, printJsonLine } from './output.ts';
import { openProgressBesideLines, type ProgressLine } from './progress-line.ts';

interface Summary {
  recorded: number;
  duplicates: number;
  refused: number;
}

/**
 * Emits one event for each line of standard input, prints the ids in the order of the lines, and
 * sums up. A line that is refused is named and counted; the exit code is then 1.
 */
export async function emitStandardInput(
  context: CliContext,
  flags: Globals,
  attributes: EmitAttributes,
): Promise<void> {
  const { clock, stdin, terminal } = context;
  const json = wantsJson(context, flags);
  const summary: Summary = { recorded: 0, duplicates: 0, refused: 0 };
  const progress = openProgressBesideLines(terminal, clock);
  const draftOf = ({ text }: Line): EventDraft => draftOfLine(text, attributes);
  const client = await connect(context, flags, { creates: true });
  await using(client, async () => {
    const emit = await client.emitInOrder();
    try {
      for await (const result of emitLines(readLines(stdin), { draftOf, emit, clock })) {
        addTo(summary, result);
        await show(context, { result, json, progress });
        progress.show(() => describe(summary));
      }
    } catch (error) {
      throw interrupted(error, summary);
    } finally {
      progress.end();
    }
  });
  if (json) await printJsonLine(terminal, { ...summary });
  else terminal.note(`${describe(summary)}.\n`);
  if (summary.refused > 0) context.process.exitCode = EXIT.failed;
}

function addTo(summary: Summary, result: LineResult): void {
  if (result.kind === 'refused') summary.refused++;
  else if (result.duplicate) summary.duplicates++;
  else summary.recorded++;
}

interface Showing {
  readonly result: LineResult;
  readonly json: boolean;
  readonly progress: ProgressLine;
}

async function show({ terminal }: CliContext, { result, json, progress }: Showing): Promise<void> {
  if (json) {
    const { kind: _, ...fields } = result;
    return printJsonLine(terminal, fields);
  }
  if (result.kind === 'recorded') return terminal.print(`${escapeText(result.id)}\n`);
  progress.end();
  terminal.note(`line ${result.line}: ${escapeText(result.reason)}\n`);
}

function describe({ recorded, duplicates, refused }: Summary): string {
  const parts = [`${count(recorded, 'event')} recorded`];
  if (duplicates > 0) parts.push(`${count(duplicates, 'event')} already there`);
  if (refused > 0) parts.push(`${count(refused, 'line')} refused`);
  return parts.join(', ');
}

/** Names how far the answers came: what lies beyond may be recorded or not. */
function interrupted(cause: unknown, { recorded, duplicates, refused }: Summary): Error {
  const answered = recorded + duplicates + refused;
  const message = [
    `Stopped after ${count(answered, 'answer')}: ${messageOf(cause)}`,
    'Of the lines after that some may be recorded.',
    'Lines with an "id" can all be emitted again: each is recorded once.',
  ].join(' ');
  const code = cause instanceof SignalboxError ? cause.code : 'event.not_recorded';
  return new SignalboxError(code, message, { cause });
}
