import { describe, expect, test } from 'vitest';
import { canonicalJson, sha256 } from '../../src/std/canonical-json.ts';
import type { Json } from '../../src/std/json.ts';

/** The number whose IEEE 754 bits these are, in hexadecimal. */
function numberOf(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

describe('the canonical text', () => {
  test('of the example of RFC 8785, 3.2.2, is the one of 3.2.3', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(text))).toBe(
      '{"literals":[null,true,false],' +
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('has the members in the order of UTF-16 code units, as in RFC 8785, 3.2.3', () => {
    const text = canonicalJson({
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    });
    expect(text).toBe(
      String.raw`{"\r":"Carriage Return","1":"One",` +
        '"\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face",' +
        '"\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  test('sorts digits as texts, not as numbers, and a name before what it begins', () => {
    expect(canonicalJson({ 10: 0, 9: 0, 1: 0, ab: 0, a: 0, A: 0, '': 0 })).toBe(
      '{"":0,"1":0,"10":0,"9":0,"A":0,"a":0,"ab":0}',
    );
  });

  test('sorts at every depth, and leaves the order of lists', () => {
    expect(canonicalJson([{ b: [3, 1, { d: {}, c: [] }], a: null }, 'z', 'a'])).toBe(
      '[{"a":null,"b":[3,1,{"c":[],"d":{}}]},"z","a"]',
    );
  });

  test('leaves out a member that has no value', () => {
    // No JSON holds one, but an optional member of an interface that is taken for JSON may.
    const value: { b?: string | undefined; c: number } = { b: undefined, c: 1 };
    expect(canonicalJson(value as unknown as Json)).toBe('{"c":1}');
  });

  // RFC 8785, appendix B.
  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555555', '333333333.3333333'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('of the number with the bits %s is %s', (bits, text) => {
    expect(canonicalJson(numberOf(bits))).toBe(text);
  });

  test.each([
    ['what JSON has short escapes for', '\b\t\n\f\r"\\', String.raw`"\b\t\n\f\r\"\\"`],
    ['other controls', '\u0000\u001f', String.raw`"\u0000\u001f"`],
    ['what needs no escape', '/\u007f\u2028é€😀', '"/\u007f\u2028é€😀"'],
  ])('writes %s as the RFC says', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('writes what the RFC refuses as ECMAScript does', () => {
    expect(canonicalJson(JSON.parse(String.raw`["\ud800", 1e999]`))).toBe(
      String.raw`["\ud800",null]`,
    );
  });
});

// FIPS 180-4.
describe('SHA-256', () => {
  const OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  test('of a text and of its bytes is the same', () => {
    expect(sha256('abc')).toBe(OF_ABC);
    expect(sha256(new Uint8Array([0x61, 0x62, 0x63]))).toBe(OF_ABC);
    expect(sha256('€')).toBe(sha256(new Uint8Array([0xe2, 0x82, 0xac])));
  });

  test('of nothing is known', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
