import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { isLongEnough, redaction } from '../../src/std/redact.ts';
import { formsOf } from '../../src/std/secret-forms.ts';

const SECRET = 'sk-"0123/+ü"';

test.each([
  ['as it is', SECRET],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in a URL with small letters', encodeURIComponent(SECRET).toLowerCase()],
  ['in a form', new URLSearchParams({ key: SECRET }).toString()],
  ['in JSON', JSON.stringify({ key: SECRET })],
  ['in JSON within JSON', JSON.stringify(JSON.stringify({ key: SECRET }))],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in capital hex', Buffer.from(SECRET).toString('hex').toUpperCase()],
])('a secret %s is taken out', (_, text) => {
  const said = redaction([SECRET]).text(`key: ${text}.`);
  expect(said).toContain('[secret]');
  for (const part of ['0123', '30313233']) expect(said).not.toContain(part);
});

test.each([0, 1, 2, 3, 4])('a secret is found in base64 behind %i other bytes', (before) => {
  for (const encoding of ['base64', 'base64url'] as const) {
    const text = Buffer.from(`${'x'.repeat(before)}${SECRET}yz`).toString(encoding);
    const said = redaction([SECRET]).text(text);
    expect(said).toContain('[secret]');
    // Nothing is left but the edges, which the neighbours share.
    expect(said.replace('[secret]', '').length).toBeLessThan(16);
  }
});

test('the longer of two that begin alike leaves nothing of itself', () => {
  expect(redaction(['sk-12345', 'sk-12345678']).text('sk-12345678')).toBe('[secret]');
});

test('what is too short to be one is left', () => {
  expect(redaction(['ollama', '']).text('ollama says hello')).toBe('ollama says hello');
  expect(isLongEnough('a\nb\nc\nd\ne\nf')).toBe(false);
});

test.each(['\n', '\r\n', '\\n', '\\r\\n', '\n\n'])('a secret is found across %j', (wrap) => {
  expect(redaction(['canary-4711']).text(`is can${wrap}ary-${wrap}4711.`)).toBe('is [secret].');
});

test('a secret of several lines is found however it is wrapped', () => {
  const key = 'AbCdEfGh\nIjKlMnOp\n';
  expect(redaction([key]).text('key: AbCdEfGhIj\nKlMnOp.')).toBe('key: [secret].');
});

test('a secret that holds a backslash before an n is found', () => {
  expect(redaction(['C:\\new\\path']).text('in C:\\new\\path.')).toBe('in [secret].');
});

test('what a message cut short is taken out, where it is as long as a secret may be', () => {
  const redact = redaction(['canary-4711-with-a-tail']).text;
  expect(redact('it said canary-4711…')).toBe('it said [secret]…');
  expect(redact('it said canar…')).toBe('it said canar…');
  expect(redact('it said canary-4711')).toBe('it said canary-4711');
});

test('two that overlap are taken out together', () => {
  expect(redaction(['abcdefgh', 'efghijkl']).text('xabcdefghijklx')).toBe('x[secret]x');
  expect(redaction(['bcdefghi', 'abcdefghijk']).text('abcdefghijk')).toBe('[secret]');
});

test('a word that begins anew in the midst of another is found', () => {
  expect(redaction(['ababababc', 'bababbbb']).text('abababababc')).toBe('ab[secret]');
});

test('a JSON document stays one', () => {
  const { json } = redaction(['canary","x', 'canary-4711', '12345678', 'ünïcödé!']);
  expect(json('{"a":"canary","x":"-4711","b":12345678,"c":123456789,"d":1.12345678}')).toBe(
    '{"a":"canary","x":"-4711","b":"[secret]","c":123456789,"d":1.12345678}',
  );
  expect(json('["canary\\u002d47\\n11","\\u00fcn\\u00efc\\u00f6d\\u00e9!","\\t12345678"]')).toBe(
    '["[secret]","[secret]","\\t[secret]"]',
  );
  expect(json('{"canary-4711":"a\\"canary-4711\\""}')).toBe('{"[secret]":"a\\"[secret]\\""}');
  expect(json('[1,2,"ends in the midst')).toBe('[1,2,"ends in the midst');
});

test('a document without any is given back as it is', () => {
  expect(redaction(['canary-4711']).json('{"a":"canary"}')).toBe('{"a":"canary"}');
});

test('without secrets a text is what it was', () => {
  const { text, json } = redaction([]);
  expect([text('a'), json('"a"')]).toEqual(['a', '"a"']);
});

test('each form of a secret is found in any text around it, and nothing else is touched', () => {
  const secrets = fc.array(fc.string({ minLength: 8, maxLength: 16, unit: 'binary' }), {
    minLength: 1,
    maxLength: 2,
  });
  const around = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(secrets, around, around, fc.nat(), (all, before, behind, pick) => {
      const long = all.filter(isLongEnough);
      fc.pre(long.length > 0);
      const forms = long.flatMap(formsOf);
      const form = forms[pick % forms.length] ?? '';
      const { text, json } = redaction(long);
      const said = text(`${before} ${form} ${behind}`);
      expect(said).toContain('[secret]');
      expect(said).not.toContain(form);
      const asJson = json(JSON.stringify([before, form, behind]));
      expect(asJson).toContain('[secret]');
      expect(() => JSON.parse(asJson)).not.toThrow();
    }),
    { numRuns: 60 },
  );
});

test('a text without secrets is given back as it is', () => {
  const redact = redaction(['canary-4711-tail', 'another-secret-9']).text;
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(redact(text)).toBe(text);
    }),
  );
});

test('the time is linear in the text, whatever stands in it', () => {
  const redact = redaction([`${'a'.repeat(200)}b`, `${'ab'.repeat(100)}c`]).text;
  const text = 'a'.repeat(1_000_000);
  expect(redact(text)).toBe(text);
  expect(redact('ab'.repeat(500_000))).toHaveLength(1_000_000);
});
