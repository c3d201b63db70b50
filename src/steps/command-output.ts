import { OUTPUT_LENGTH_MAX } from '../runs/attempt.ts';
import type { StepError } from '../runs/step-kind.ts';
import type { Captured } from '../std/captured-output.ts';
import { messageOf } from '../std/errors.ts';
import { parseJson, type Json } from '../std/json.ts';
import type { WrittenOutput } from './attempt-folders.ts';

/** How many bytes a command may give as its output. */
export const OUTPUT_BYTES_MAX = OUTPUT_LENGTH_MAX;

/** What a command that succeeded gave, or why that cannot be kept. */
export type CommandOutput =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'refused'; readonly error: StepError };

/**
 * The output of a command: what it wrote to `$SIGNALBOX_OUTPUT`, else what it printed. Print is
 * taken for JSON where it is one document, else for text, without its last newline.
 */
export function outputOf(written: WrittenOutput, stdout: Captured): CommandOutput {
  switch (written.kind) {
    case 'none':
      return printedOutput(stdout);
    case 'bytes':
      return writtenOutput(written.bytes);
    case 'too_large':
      return tooLarge(`wrote ${written.bytes} bytes to $SIGNALBOX_OUTPUT`);
    case 'no_file':
      return invalid(
        'made $SIGNALBOX_OUTPUT something else than a plain file',
        'Write JSON to it.',
      );
  }
}

function writtenOutput(bytes: Buffer): CommandOutput {
  const text = decode(bytes);
  const remedy = 'It must hold one JSON document in UTF-8.';
  if (text === undefined)
    return invalid('wrote bytes to $SIGNALBOX_OUTPUT that are no UTF-8', remedy);
  try {
    return { kind: 'value', value: parseJson(text) };
  } catch (error) {
    return invalid('wrote no JSON to $SIGNALBOX_OUTPUT', `${messageOf(error)} ${remedy}`);
  }
}

function printedOutput({ bytes, bytesPrinted }: Captured): CommandOutput {
  if (bytesPrinted > bytes.length) return tooLarge(`printed ${bytesPrinted} bytes`);
  const text = decode(bytes);
  if (text === undefined) {
    const remedy = 'Print it as base64, or write it to a file and print the path.';
    return invalid('printed bytes that are no UTF-8 text', remedy);
  }
  if (!mayBeJson(text.trim())) return { kind: 'value', value: withoutNewline(text) };
  try {
    return { kind: 'value', value: parsedPrint(text) };
  } catch (error) {
    return invalid('printed JSON that cannot be kept', messageOf(error));
  }
}

/** The value of a print that is one JSON document, else the print. */
function parsedPrint(text: string): Json {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'json.too_deep') throw error;
    return withoutNewline(text);
  }
  // A lone number that would come back as another one, such as the commit 12345e7, is none.
  if (typeof value === 'number' && String(value) !== text.trim()) return withoutNewline(text);
  return value;
}

/** Whether it begins and ends as a JSON document does: most prints need not be parsed to know. */
function mayBeJson(text: string): boolean {
  const ends = `${text.slice(0, 1)}${text.slice(-1)}`;
  return ['{}', '[]', '""'].includes(ends) || /^(-?\d\S*|true|false|null)$/.test(text);
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tooLarge(did: string): CommandOutput {
  const message =
    `The command ${did}; at most ${OUTPUT_BYTES_MAX} are kept. ` +
    'Write it to a file and print the path.';
  return { kind: 'refused', error: { code: 'step.output_too_large', message, happened: 'maybe' } };
}

function invalid(did: string, remedy: string): CommandOutput {
  const message = `The command ${did}. ${remedy}`;
  return { kind: 'refused', error: { code: 'run.output_invalid', message, happened: 'maybe' } };
}
