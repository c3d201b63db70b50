import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/std/json.ts';
import type { WrittenOutput } from '../../src/steps/attempt-folders.ts';
import { OUTPUT_BYTES_MAX, outputOf } from '../../src/steps/command-output.ts';

const NONE: WrittenOutput = { kind: 'none' };

describe('what a command prints', () => {
  test.each<[string, Json]>([
    ['', ''],
    ['\n', ''],
    ['done\n', 'done'],
    ['done\r\n', 'done'],
    ['two\n\n', 'two\n'],
    ['{"a":[1,null]}\n', { a: [1, null] }],
    [' [1, 2] \n', [1, 2]],
    ['"a\\n"\n', 'a\n'],
    ['true\n', true],
    ['null', null],
    ['-3.5\n', -3.5],
    ['\ufeff{"a":1}', { a: 1 }],
  ])('is JSON where it is one document, else text: %j', (printed, value) => {
    expect(print(printed)).toEqual({ kind: 'value', value });
  });

  test.each([
    '{"a":1}\n{"a":2}',
    '{a}',
    "['a']",
    'nullish',
    '"a" b "c"',
    'True',
    'NaN',
    '1 2',
    '{}x{}',
  ])('is text where it is almost JSON: %j', (printed) => {
    expect(print(printed)).toEqual({ kind: 'value', value: printed });
  });

  test.each(['12345e7', '1.10', '007', '1e999', '-0', '12345678901234567890', '0x10', '1_000'])(
    'stays text where the number would come back as another one: %s',
    (printed) => {
      expect(print(`${printed}\n`)).toEqual({ kind: 'value', value: printed });
    },
  );

  test('must be text', () => {
    const refused = outputOf(NONE, captured(Buffer.of(0x61, 0xff, 0xfe)));
    expect(refused).toMatchObject({ error: { code: 'run.output_invalid', happened: 'maybe' } });
    expect(refused).toHaveProperty('error.message', expect.stringContaining('base64'));
  });

  test('must not be too much', () => {
    const refused = outputOf(NONE, { bytes: Buffer.alloc(OUTPUT_BYTES_MAX), bytesPrinted: 1e8 });
    expect(refused).toMatchObject({ error: { code: 'step.output_too_large', happened: 'maybe' } });
    expect(refused).toHaveProperty(
      'error.message',
      expect.stringMatching(/100000000 bytes.* file/),
    );
  });

  test('must not nest too deep', () => {
    const refused = print(`${'['.repeat(65)}${']'.repeat(65)}`);
    expect(refused).toMatchObject({ error: { code: 'run.output_invalid' } });
    expect(refused).toHaveProperty('error.message', expect.stringContaining('64 levels'));
  });
});

describe('what a command writes to its output file', () => {
  test('is its output, whatever it prints', () => {
    const printed = { bytes: Buffer.alloc(OUTPUT_BYTES_MAX), bytesPrinted: 1e8 };
    expect(outputOf(file('{"a":1}'), printed)).toEqual({ kind: 'value', value: { a: 1 } });
  });

  test.each([
    [file('done'), /wrote no JSON .*This is not JSON/],
    [file('{"a":1}{"a":2}'), /wrote no JSON/],
    [file('['.repeat(65)), /64 levels/],
    [{ kind: 'bytes', bytes: Buffer.of(0xff) } as const, /no UTF-8/],
    [{ kind: 'too_large', bytes: 2e6 } as const, /wrote 2000000 bytes .* at most 1048576/],
    [{ kind: 'no_file' } as const, /something else than a plain file/],
  ])('must be one JSON document in a file: %j', (output, message) => {
    const refused = outputOf(output, captured(Buffer.of()));
    expect(refused).toMatchObject({ kind: 'refused', error: { happened: 'maybe' } });
    expect(refused).toHaveProperty('error.message', expect.stringMatching(message));
  });
});

function print(text: string): unknown {
  return outputOf(NONE, captured(Buffer.from(text)));
}

function file(text: string): WrittenOutput {
  return { kind: 'bytes', bytes: Buffer.from(text) };
}

function captured(bytes: Buffer): { readonly bytes: Buffer; readonly bytesPrinted: number } {
  return { bytes, bytesPrinted: bytes.length };
}
