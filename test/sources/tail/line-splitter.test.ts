import { describe, expect, test } from 'vitest';
import {
  LINE_BYTES_MAX,
  LineSplitter,
  type TailLine,
} from '../../../src/sources/tail/line-splitter.ts';

function contentsOf(lines: readonly TailLine[]): string[] {
  return lines.map(({ content }) => (content.kind === 'text' ? content.text : content.reason));
}

describe('bytes are cut into lines', () => {
  const bytes = Buffer.from('\ufefffirst\r\n\nzweite ü\ndritte 漢\n');

  test('wherever they are torn', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const splitter = new LineSplitter(0, 0);
      const lines = [...splitter.push(bytes.subarray(0, at)), ...splitter.push(bytes.subarray(at))];
      expect(contentsOf(lines)).toEqual(['first\r', '', 'zweite ü', 'dritte 漢']);
      expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
      expect(lines.at(-1)?.end).toBe(bytes.length);
    }
  });

  test('one by one, and goes on anywhere', () => {
    const splitter = new LineSplitter(10, 1);
    const lines = [...bytes.subarray(10)].flatMap((byte) => splitter.push(Buffer.from([byte])));
    expect(contentsOf(lines)).toEqual(['', 'zweite ü', 'dritte 漢']);
    expect(lines[0]).toMatchObject({ number: 2, end: 11 });
  });

  test('the last of which may lack its end', () => {
    const splitter = new LineSplitter(0, 0);
    expect(splitter.push(Buffer.from('a\nb'))).toHaveLength(1);
    expect(splitter.unfinished).toBe(1);
    const last = splitter.finish();
    expect(last && contentsOf([last])).toEqual(['b']);
    expect(splitter.finish()).toBeUndefined();
  });

  test.each([
    ['is no UTF-8', Buffer.from([0xc3, 0x28]), /no UTF-8/],
    ['is the half of a character', Buffer.from('漢').subarray(0, 2), /no UTF-8/],
    ['holds a NUL', Buffer.from('a\0b'), /NUL/],
    ['is ten megabytes long', Buffer.alloc(10_000_000, 'x'), /10000000 bytes; at most/],
  ])('and one that %s is bad, alone', (_, bad, reason) => {
    const splitter = new LineSplitter(0, 0);
    const whole = Buffer.concat([Buffer.from('before\n'), bad, Buffer.from('\nafter\n')]);
    const lines: TailLine[] = [];
    for (let at = 0; at < whole.length; at += 65_536) {
      lines.push(...splitter.push(whole.subarray(at, at + 65_536)));
    }
    expect(contentsOf(lines)).toEqual(['before', expect.stringMatching(reason), 'after']);
  });

  test('of which the longest that is read is whole', () => {
    const line = 'x'.repeat(LINE_BYTES_MAX);
    expect(contentsOf(new LineSplitter(0, 0).push(Buffer.from(`${line}\n`)))).toEqual([line]);
  });

  test('without the hole that a writer leaves who goes on behind a cut', () => {
    const bytesBehind = Buffer.concat([Buffer.alloc(100_000), Buffer.from('a line\n')]);
    expect(contentsOf(new LineSplitter(0, 0).push(bytesBehind))).toEqual(['a line']);
  });
});
