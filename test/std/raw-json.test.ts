import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { itemTexts, memberText, replaceAt, valueTextAt } from '../../src/std/raw-json.ts';

describe('memberText', () => {
  test('keeps the digits that a number would lose', () => {
    expect(memberText('{"a":1,"data":12345678901234567890.50,"b":2}', 'data')).toBe(
      '12345678901234567890.50',
    );
  });

  test('keeps the spaces inside a value and drops those around it', () => {
    expect(memberText('{ "data" : { "n" : 1 } , "b" : 2 }', 'data')).toBe('{ "n" : 1 }');
  });

  test('takes the last of two members with one name, as JSON.parse does', () => {
    expect(memberText('{"data":1,"data":2}', 'data')).toBe('2');
  });

  test('knows a name that is written with escapes', () => {
    expect(memberText('{"d\\u0061ta":"x"}', 'data')).toBe('"x"');
  });

  test('does not take a member of a nested object for its own', () => {
    expect(memberText('{"a":{"data":1},"b":["data",2]}', 'data')).toBeUndefined();
  });

  test('agrees with JSON.parse on whatever members an object has', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        for (const [name, member] of Object.entries(JSON.parse(text) as object)) {
          expect(JSON.parse(memberText(text, name) ?? 'missing')).toEqual(member);
        }
        expect(memberText(text, 'a name that no generated object has')).toBeUndefined();
      }),
    );
  });
});

describe('itemTexts', () => {
  test('is empty for an empty list', () => {
    expect(itemTexts(' [ ] ')).toEqual([]);
  });

  test('agrees with JSON.parse on whatever items a list has', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(itemTexts(text).map((item) => JSON.parse(item) as unknown)).toEqual(
          JSON.parse(text),
        );
      }),
    );
  });
});

describe('the value at a path', () => {
  const document = ' { "a" : [ 1, {"b\\u0063": "x"} , []], "a2": null, "d":1, "d":2 }';

  test.each([
    [['a', 0], '1'],
    [['a', 1], '{"b\\u0063": "x"}'],
    [['a', 1, 'bc'], '"x"'],
    [['a2'], 'null'],
    [['d'], '2'],
    [[], document.trim()],
  ])('%j is cut out as it stands', (path, text) => {
    expect(valueTextAt(document, path)).toBe(text);
    expect(valueTextAt(replaceAt(document, path, '"y"'), path)).toBe('"y"');
  });

  test.each([[['b']], [['a', 3]], [['a', 2, 0]], [['a', 0, 'x']], [['a', 'x']], [['b', 'c', 0]]])(
    '%j is not there',
    (path) => {
      expect(valueTextAt(document, path)).toBeUndefined();
      expect(replaceAt(document, path, '1')).toBe(document);
    },
  );
});
