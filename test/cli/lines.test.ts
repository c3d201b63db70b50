import { describe, expect, test } from 'vitest';
import { type Line, readLines } from '../../src/cli/lines.ts';

async function linesOf(chunks: readonly string[], bytesMax?: number): Promise<Line[]> {
  async function* stream(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  }
  const lines: Line[] = [];
  for await (const line of readLines(stream(), bytesMax)) lines.push(line);
  return lines;
}

const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);

describe('the lines of a stream', () => {
  test('come whole, however the bytes are cut', async () => {
    expect(textsOf(await linesOf(['one\ntw', 'o\nth', 'ree']))).toEqual(['one', 'two', 'three']);
  });

  test('keep characters that a chunk cuts in two', async () => {
    const bytes = Buffer.from('aé\n', 'utf8').toString('latin1');
    expect(textsOf(await linesOf([bytes.slice(0, 2), bytes.slice(2)]))).toEqual(['aé']);
  });

  test('are counted with the blank ones, which are left out', async () => {
    const lines = await linesOf(['one\n\n  \r\ntwo\n\n']);
    expect(lines.map(({ number, text }) => [number, text])).toEqual([
      [1, 'one'],
      [4, 'two'],
    ]);
  });

  test('that are too long are named without their text, and the next is read', async () => {
    const lines = await linesOf(['12345', '6789\nok\n'], 8);
    expect(lines).toEqual([
      { number: 1, text: '', tooLong: true },
      { number: 2, text: 'ok', tooLong: false },
    ]);
  });

  test('may be none', async () => {
    expect(await linesOf([])).toEqual([]);
  });
});
