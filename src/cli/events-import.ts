import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { emitLines, type LineResult } from './emit-lines.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { draftOfImport, type ImportRules, readImportLine } from './import-line.ts';
import { type Line, readLines } from './lines.ts';
import { count, printDocument } from './output.ts';
import { openProgress } from './progress-line.ts';

/** The flags of `events import`. */
export interface ImportFlags extends Globals {
  readonly fields?: string | undefined;
  readonly correlate?: string | undefined;
  readonly source?: string | undefined;
}

interface Summary {
  imported: number;
  /** Imported before. */
  duplicates: number;
  /** What a Signalbox wrote about itself. */
  skipped: number;
  bad: number;
  /** The first of the bad lines. */
  readonly lines: { readonly line: number; readonly reason: string }[];
}

/** How many bad lines are listed, for programs and for people; all are counted. */
const LISTED_MAX = 100;
const SHOWN_MAX = 20;

/**
 * Records the lines of an old log as events that start nothing. A line that was imported before is
 * not recorded again; a bad one is counted and listed, and the exit code is then 1.
 */
export async function importEvents(
  this: CliContext,
  flags: ImportFlags,
  file: string,
): Promise<void> {
  const { clock, terminal, workingDirectory } = this;
  const rules = rulesOf(flags, file);
  const summary: Summary = { imported: 0, duplicates: 0, skipped: 0, bad: 0, lines: [] };
  let isCorrelated = false;
  const progress = openProgress(terminal, clock);
  const lines = importable(readFile(resolve(workingDirectory, file)), rules, summary);
  await using(await connect(this, flags, { creates: true }), async (client) => {
    const emit = await client.emitInOrder();
    const draftOf = (line: Line) => {
      const draft = draftOfImport(line, rules);
      isCorrelated ||= draft.correlationid !== undefined;
      return draft;
    };
    try {
      for await (const result of emitLines(lines, { draftOf, emit, clock })) {
        addTo(summary, result);
        progress.show(() => describe(summary));
      }
    } finally {
      progress.end();
    }
  });
  const { correlate } = rules;
  if (correlate !== undefined && !isCorrelated && summary.imported > 0) {
    const rest = 'so that each event is the first of a chain of its own';
    terminal.note(`warning: no line has a "${escapeText(correlate)}" to correlate by, ${rest}\n`);
  }
  await tell(this, flags, summary);
  if (summary.bad > 0) this.process.exitCode = EXIT.failed;
}

function rulesOf({ fields, correlate, source }: ImportFlags, file: string): ImportRules {
  const names = fields?.split(',').map((name) => name.trim());
  if (names !== undefined && (!names.includes('type') || names.includes(''))) {
    const message =
      '--fields names each field and has a "type", as in time,type,operation,-,payload';
    throw new SignalboxError('usage.invalid', message);
  }
  return { fields: names, correlate, source: source ?? `import:${basename(file)}` };
}

async function* readFile(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (cause) {
    const message = `${path} cannot be read: ${messageOf(cause)}.`;
    throw new SignalboxError('usage.invalid', message, { cause });
  }
}

/** The lines that say something, without those that a Signalbox wrote about itself. */
async function* importable(
  chunks: AsyncIterable<Buffer>,
  rules: ImportRules,
  summary: Summary,
): AsyncGenerator<Line> {
  for await (const line of readLines(chunks)) {
    const { kind } = readImportLine(line, rules);
    if (kind === 'own') summary.skipped++;
    else if (kind !== 'blank') yield line;
  }
}

function addTo(summary: Summary, result: LineResult): void {
  if (result.kind === 'recorded') {
    if (result.duplicate) summary.duplicates++;
    else summary.imported++;
    return;
  }
  const { line, reason } = result;
  summary.bad++;
  if (summary.lines.length < LISTED_MAX) summary.lines.push({ line, reason });
}

async function tell(context: CliContext, flags: Globals, summary: Summary): Promise<void> {
  const { terminal } = context;
  if (wantsJson(context, flags)) return printDocument(terminal, summary);
  const shown = summary.lines.slice(0, SHOWN_MAX);
  for (const { line, reason } of shown) {
    terminal.note(`line ${line}: ${escapeText(reason)}\n`);
  }
  const more = summary.bad - shown.length;
  if (more > 0) terminal.note(`and ${count(more, 'more bad line')}\n`);
  await terminal.print(`${describe(summary)}.\n`);
}

function describe({ imported, duplicates, skipped, bad }: Summary): string {
  const parts = [`${count(imported, 'event')} imported`];
  if (duplicates > 0) parts.push(`${count(duplicates, 'event')} already there`);
  if (skipped > 0) parts.push(`${count(skipped, 'line')} of a Signalbox about itself left out`);
  if (bad > 0) parts.push(count(bad, 'bad line'));
  return parts.join(', ');
}
