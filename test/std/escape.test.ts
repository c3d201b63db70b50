import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { escapeText, toJsonLine, wellFormed } from '../../src/std/escape.ts';

/** Everything that may reach a terminal: letters, marks and spaces, but nothing that acts. */
const SAFE = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]*$/u;
const texts = fc.string({ unit: 'binary', maxLength: 200 });

describe('S11, S36: escaping', () => {
  test.each([
    ['a line break', 'a\nb\r\tc', String.raw`a\nb\r\tc`],
    ['an escape sequence', '\u001b[31mred', String.raw`\u001b[31mred`],
    ['an 8-bit escape sequence', '\u009b2J', String.raw`\u009b2J`],
    ['a deletion', 'a\u0008\u007f', String.raw`a\u0008\u007f`],
    ['a reordering mark', 'abc\u202egpj.exe', String.raw`abc\u202egpj.exe`],
    ['nothing', 'Grüße, 世界 🚦', 'Grüße, 世界 🚦'],
  ])('shows %s', (_, text, shown) => {
    expect(escapeText(text)).toBe(shown);
  });

  test('leaves nothing in any text that a terminal would obey', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(escapeText(text)).toMatch(SAFE);
      }),
    );
  });

  test('replaces halves of surrogate pairs, and no pair', () => {
    expect(wellFormed('a\ud800b🚦\udfff')).toBe('a\ufffdb🚦\ufffd');
  });

  test('leaves JSON the same JSON, on one safe line', () => {
    fc.assert(
      fc.property(fc.dictionary(texts, texts), (value) => {
        const line = toJsonLine(value);
        expect(line).toMatch(SAFE);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
