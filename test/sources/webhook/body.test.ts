import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { type Body, bodyReader } from '../../../src/sources/webhook/body.ts';
import { HttpError } from '../../../src/std/http/http-error.ts';

const FORM = 'application/x-www-form-urlencoded';

function read(type: string | undefined, body: string | Buffer): Body {
  const reader = bodyReader(type);
  if (reader === undefined) throw new Error(`nobody reads ${type}`);
  return reader(Buffer.from(body));
}

/** The code of the refusal of a body. */
function refusal(type: string | undefined, body: string | Buffer): string {
  try {
    return `read as ${read(type, body).json}`;
  } catch (error) {
    return error instanceof HttpError ? `${error.status} ${error.code}` : String(error);
  }
}

describe('JSON', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/vnd.github+json',
    'application/cloudevents+json',
    'text/json',
  ])('is read as %s', (type) => {
    expect(read(type, '{"a":1}')).toEqual({ value: { a: 1 }, json: '{"a":1}', type: undefined });
  });

  test('stays what was sent, byte for byte', () => {
    const text = ' {"n":12345678901234567890 , "f":1.0,\n"e":"\\u00e9"} ';
    expect(read('application/json', text).json).toBe(text);
    expect(read('application/json', `\ufeff${text}`).json).toBe(text);
  });

  test.each([
    ['{"a":1', '400 json.invalid'],
    ["{'a':1}", '400 json.invalid'],
    ['{"a":1,}', '400 json.invalid'],
    ['NaN', '400 json.invalid'],
    ['{"a":{"b":1,"b":2}}', '400 json.duplicate_member'],
    ['['.repeat(65) + ']'.repeat(65), '400 json.too_deep'],
  ])('%s is refused: %s', (text, expected) => {
    expect(refusal('application/json', text)).toBe(expected);
  });

  test('nests as deep as the limit, and no hostile depth is ever walked', () => {
    expect(refusal('application/json', '['.repeat(64) + ']'.repeat(64))).toMatch(/^read as/);
    expect(refusal('application/json', '['.repeat(200_000))).toBe('400 json.too_deep');
    expect(refusal('application/json', '{"a":'.repeat(200_000))).toBe('400 json.too_deep');
  });

  test('may have a hundred thousand members and huge numbers', () => {
    const members = Array.from({ length: 100_000 }, (_, n) => `"k${n}":1e999`).join(',');
    expect(refusal('application/json', `{${members}}`)).toMatch(/^read as/);
  });

  test('may name what means something to JavaScript, and changes nothing by it', () => {
    const text = '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}';
    expect(read('application/json', text).json).toBe(text);
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });

  test('that is no UTF-8 is refused', () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    expect(refusal('application/json', bytes)).toBe('400 request.not_utf8');
  });
});

describe('a form', () => {
  test('that is JSON, as `curl -d` sends it, is read as JSON', () => {
    expect(read(FORM, '{"environment": "production"}').json).toBe('{"environment": "production"}');
    expect(read(FORM, ' [1]').value).toEqual([1]);
    expect(refusal(FORM, '{"a":')).toBe('400 json.invalid');
  });

  test('whose payload is JSON, as GitHub sends it, is that JSON', () => {
    expect(read(FORM, 'payload=%7B%22ref%22%3A%22a+b%22%7D').json).toBe('{"ref":"a b"}');
    expect(refusal(FORM, 'payload=x')).toBe('400 json.invalid');
  });

  test('of any other kind is an object of its fields', () => {
    const { value } = read(FORM, 'a=1&b=x+y&a=2&a=3&c&payload=%7B%7D&%C3%A9=%E2%82%AC');
    expect(value).toEqual({ a: ['1', '2', '3'], b: 'x y', c: '', payload: '{}', é: '€' });
  });

  test('with names that mean something to JavaScript has them as plain fields', () => {
    const { json } = read(FORM, '__proto__=1&constructor=2');
    expect(json).toBe('{"__proto__":"1","constructor":"2"}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('may have a thousand fields', () => {
    const fields = (count: number): string => Array.from({ length: count }, () => 'a=1').join('&');
    expect(refusal(FORM, fields(1_000))).toMatch(/^read as/);
    expect(refusal(FORM, fields(1_001))).toBe('400 request.bad_body');
  });
});

describe('text', () => {
  test.each(['text/plain', 'application/xml', 'text/xml; charset=utf-8', 'application/atom+xml'])(
    'is read as %s, and not looked into',
    (type) => {
      const text = '<!DOCTYPE x [<!ENTITY y "z">]><a>"&y;"</a>';
      const json = JSON.stringify(text);
      expect(read(type, text)).toEqual({ value: text, json, type: type.replace(/;.*/, '') });
    },
  );
});

describe('a body', () => {
  test.each([
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'image/png',
    'application/json; charset=utf-16',
    'application/jsonx',
    'xapplication/json',
    'application/json, text/plain',
    'application/x-www-form-urlencoded, multipart/form-data',
    'json',
    '*/*',
  ])('of type %s is read by nobody', (type) => {
    expect(bodyReader(type)).toBeUndefined();
  });

  test('without a type may only be empty', () => {
    expect(refusal(undefined, '')).toBe('read as null');
    expect(refusal(undefined, '{}')).toBe('415 request.media_type');
  });

  test('that is empty says nothing, whatever its type', () => {
    for (const type of ['application/json', FORM, 'text/plain']) {
      expect(read(type, '')).toEqual({ value: null, json: 'null', type: undefined });
    }
  });

  test('of any bytes is read or refused, and never more than that', () => {
    const types = fc.constantFrom('application/json', FORM, 'text/plain', 'application/xml');
    fc.assert(
      fc.property(
        types,
        fc.oneof(fc.string(), fc.json(), fc.webQueryParameters()),
        (type, text) => {
          const said = refusal(type, text);
          expect(said).toMatch(/^(read as|400 )/);
          if (said.startsWith('read as ')) JSON.parse(said.slice('read as '.length));
        },
      ),
      { numRuns: 500 },
    );
  });
});
