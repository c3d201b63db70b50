import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { withoutCredentials } from '../../src/sources/credentials.ts';
import { fastest } from '../fixtures/fastest.ts';

/** Made of parts, so that nobody takes them for real ones. */
const RANDOM = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';

const SHAPED: readonly (readonly [string, string])[] = [
  ['GitHub', `ghp_${RANDOM}`],
  ['GitHub, fine-grained', `github_pat_${RANDOM}`],
  ['GitLab', `glpat-${RANDOM}`],
  ['AWS', `AKIA${'ABCD1234'.repeat(2)}`],
  ['Slack', `xoxb-123456789012-${RANDOM}`],
  ['a webhook of Slack', `https://hooks.slack.com/services/T000/B000/${RANDOM}`],
  ['Stripe', `sk_live_${RANDOM}`],
  ['Standard Webhooks', `whsec_${RANDOM}`],
  ['Google', `AIza${RANDOM.slice(0, 35)}`],
  ['npm', `npm_${RANDOM}`],
  ['OpenAI', `sk-proj-${RANDOM}`],
  ['a JSON web token', `eyJ${RANDOM}.eyJ${RANDOM}.${RANDOM}`],
  ['HTTP', `Authorization: Bearer ${RANDOM}`],
  ['a URL', `postgres://app:${RANDOM}@db/app`],
  ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n"${RANDOM}"\n${RANDOM}`],
];

/** S30 of the security matrix. */
describe('what a stranger sent loses', () => {
  test.each(SHAPED)('the credential of %s, wherever it stands', (_, secret) => {
    const sent = JSON.stringify({ note: `see ${secret} there`, deep: [{ x: secret }] });
    const kept = withoutCredentials(sent);
    expect(kept).not.toContain(RANDOM.slice(0, 12));
    expect(kept).not.toContain('ABCD1234');
    expect(JSON.parse(kept)).toMatchObject({ note: expect.stringContaining('see ') as string });
  });

  test.each([
    'password',
    'user_password',
    'token',
    'access-token',
    'clientSecret',
    'API_KEY',
    'x-api-key',
    'Authorization',
    'privateKey',
    'set-cookie',
    'pwd',
  ])('the value of a field named %s', (name) => {
    const sent = {
      [name]: 'h"unter\\2',
      other: { [name]: 1234 },
      text: JSON.stringify({ [name]: 'abc' }),
    };
    const kept = withoutCredentials(JSON.stringify(sent));
    expect(JSON.parse(kept)).toEqual({
      [name]: '[secret]',
      other: { [name]: '[secret]' },
      text: JSON.stringify({ [name]: '[secret]' }),
    });
  });
});

describe('what a stranger sent keeps', () => {
  test.each([
    '{"tokens_used": 5,"secretary":"Jo","passenger":"Al", "next_page_token":"abc"}',
    '{ "token" : null, "secret": {"id": 12345678901234567890}, "password": true, "key":"" }',
    '{"sha":"a3f1c2d4e5f60718293a4b5c6d7e8f9001122334","url":"https://x.org/a@b:c"}',
  ])('all else, byte for byte: %s', (text) => {
    expect(withoutCredentials(text)).toBe(text);
  });
});

test('JSON stays JSON, whatever it holds', () => {
  const words = fc.constantFrom(
    'password',
    ...SHAPED.map(([, secret]) => secret),
    '"',
    '\\',
    '":"',
  );
  const texts = fc.array(fc.oneof(words, fc.string({ unit: 'binary' }))).map((all) => all.join(''));
  const documents = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      texts,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(texts, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(documents.value, (value) => {
      const once = withoutCredentials(JSON.stringify(value));
      expect(() => JSON.parse(once)).not.toThrow();
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['beginnings of keys', '-----BEGIN PRIVATE KEY-----'],
  ['open quotes', '\\"'],
  ['colons', 'a://b:'],
  ['web tokens', 'eyJaaaaaaaaaaaa.'],
  ['tokens of Slack', 'xoxb-'],
  ['schemes', 'Bearer '],
])('a megabyte of %s takes no time', async (_, piece) => {
  const text = `"${piece.repeat(1_000_000 / piece.length)}"`;
  expect(await fastest(() => withoutCredentials(text))).toBeLessThan(5_000);
});

test('a long text of words that each begin like a web token takes no time either', async () => {
  const words = [
    `-eyJ`.repeat(1_000_000),
    ` eyJ${'a'.repeat(12)}.${'-eyJ'.repeat(3_000)}`.repeat(300),
  ];
  for (const word of words) {
    const text = `"${word}"`;
    expect(withoutCredentials(text)).toBe(text);
    expect(await fastest(() => withoutCredentials(text))).toBeLessThan(5_000);
  }
});
