import { createHmac } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';
import * as fc from '../../properties.ts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  githubScheme,
  gitlabScheme,
  slackScheme,
  standardScheme,
  stripeScheme,
  type Verdict,
  verify,
} from '../../../src/sources/webhook/signature.ts';
import { type Vector, VECTORS } from './vectors.ts';

const TOLERANCE_MS = 300_000;

/** What becomes of a vector that is changed a little. */
function judge(
  vector: Vector,
  change: Partial<Vector> & { secrets?: string[]; now?: number } = {},
) {
  const { scheme, headers, body, secret, signedAt, secrets, now } = {
    ...vector,
    ...change,
  };
  const proof = {
    secrets: secrets ?? [secret],
    now: now ?? signedAt ?? 0,
    toleranceMs: TOLERANCE_MS,
  };
  return verify(scheme, { headers, body: Buffer.from(body) }, proof);
}

/** Stripe's and Standard Webhooks' headers are lists of signatures themselves. */
const isList = (header: string): boolean => /^(stripe|webhook)-signature$/.test(header);

describe.each(VECTORS)('$name', (vector) => {
  const { headers, proof, signedAt } = vector;
  const signature = String(headers[proof]);

  test('holds as it was published', () => {
    expect(judge(vector)).toBe('valid');
  });

  test('is refused with another secret, and with none', () => {
    expect(judge(vector, { secret: 'another' })).toBe('wrong');
    expect(judge(vector, { secrets: [] })).toBe('wrong');
  });

  test('holds by any of several secrets, as while one is changed', () => {
    expect(judge(vector, { secrets: ['new', vector.secret] })).toBe('valid');
    expect(judge(vector, { secrets: [vector.secret, 'new'] })).toBe('valid');
  });

  test('is unsigned without its header', () => {
    expect(judge(vector, { headers: { ...headers, [proof]: undefined } })).toBe('unsigned');
    expect(judge(vector, { headers: { ...headers, [proof]: '' } })).not.toBe('valid');
  });

  test('is refused where its header came twice', () => {
    const twice = { ...headers, [proof]: `${signature}, ${signature}` };
    expect(judge(vector, { headers: twice }) === 'valid').toBe(isList(proof));
  });

  test('is stale where it was signed too long ago, or in the future', () => {
    const at = signedAt ?? 0;
    const covered = signedAt === undefined ? 'valid' : 'stale';
    expect(judge(vector, { now: at + TOLERANCE_MS })).toBe('valid');
    expect(judge(vector, { now: at + TOLERANCE_MS + 1 })).toBe(covered);
    expect(judge(vector, { now: at - TOLERANCE_MS - 1 })).toBe(covered);
    expect(judge(vector, { now: at + 1e9, secret: 'another' })).toBe('wrong');
  });

  test('is never valid and never throws with a character of its signature changed', () => {
    const start = signature.search(/[A-Za-z0-9+/_-]{12}/);
    const signaturesOf = (text: string): string[] =>
      (isList(proof) ? text.split(/[ ,]/) : [text]).map((each) => each.toLowerCase());
    const index = signaturesOf(signature.slice(0, start)).length - 1;
    const whole = signaturesOf(signature)[index] ?? '';
    const { length } = /^[A-Za-z0-9+/_-]+=*/.exec(signature.slice(start))?.[0] ?? '';
    fc.assert(
      fc.property(fc.nat(length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        const place = start + at;
        const changed = signature.slice(0, place) + put + signature.slice(place + 1);
        // Whoever adds a second signature to a list has not changed the first.
        fc.pre(!signaturesOf(changed).includes(whole));
        const verdict = judge(vector, { headers: { ...headers, [proof]: changed } });
        expect(verdict).not.toBe('valid');
      }),
      { numRuns: 100 },
    );
  });

  test('never throws, whatever its headers hold', () => {
    const verdicts: Verdict[] = ['unsigned', 'wrong', 'stale'];
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String());
    const names = Object.keys(headers);
    fc.assert(
      fc.property(fc.array(text, { minLength: names.length, maxLength: 4 }), (texts) => {
        const hostile = Object.fromEntries(names.map((name, index) => [name, texts[index]]));
        expect(verdicts).toContain(judge(vector, { headers: hostile }));
      }),
    );
  });
});

/** Signatures are over bytes: whoever parses and writes a body anew gets other ones. */
const BODIES = [
  '{"a": 1,  "b":2}',
  '{"b":2,"a":1}\n',
  '{"a":1,"a":2}',
  '{"n":12345678901234567890,"f":1.0}',
  String.raw`{"text":"\u00e9 \ud83d\ude00"}`,
  '{"text":"é 😀"}',
  '\ufeff{}',
];

describe('raw bytes', () => {
  test.each(BODIES)('of %j are what GitHub signs', async (body) => {
    const headers = { 'x-hub-signature-256': await sign('secret', body) };
    const proof = { secrets: ['secret'], now: 0, toleranceMs: 0 };
    const request = { headers, body: Buffer.from(body) };
    expect(verify(githubScheme, request, proof)).toBe('valid');
    const rewritten = Buffer.from(`${body} `);
    expect(verify(githubScheme, { headers, body: rewritten }, proof)).toBe('wrong');
  });

  test.each(BODIES)('of %j are what Standard Webhooks signs', (body) => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const now = 1_700_000_000_000;
    const signature = new Webhook(secret).sign('msg_1', new Date(now), body);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(now / 1_000),
      'webhook-signature': `v1,AAAA v1a,${signature.slice(3)} ${signature}`,
    };
    const request = { headers, body: Buffer.from(body) };
    const proof = { secrets: [secret], now, toleranceMs: 1 };
    expect(verify(standardScheme, request, proof)).toBe('valid');
    expect(verify(standardScheme, request, { ...proof, secrets: [secret.slice(6)] })).toBe('valid');
    const other = { ...headers, 'webhook-id': 'msg_2' };
    expect(verify(standardScheme, { ...request, headers: other }, proof)).toBe('wrong');
  });

  test('that are no UTF-8 are signed like any others', () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const digest = createHmac('sha256', 's').update(body).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${digest}` };
    const proof = { secrets: ['s'], now: 0, toleranceMs: 0 };
    expect(verify(githubScheme, { headers, body }, proof)).toBe('valid');
    const replaced = Buffer.from(body.toString('utf8'));
    expect(verify(githubScheme, { headers, body: replaced }, proof)).toBe('wrong');
  });
});

describe('what a scheme does not sign is worth nothing', () => {
  const proof = { secrets: ["It's a Secret to Everybody"], now: 0, toleranceMs: 0 };
  const body = Buffer.from('Hello, World!');

  test('the SHA-1 that GitHub still sends', () => {
    const headers = { 'x-hub-signature': 'sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59' };
    expect(verify(githubScheme, { headers, body }, proof)).toBe('unsigned');
  });

  test("Stripe's v0, and a timestamp that is none", () => {
    const v0 = { 'stripe-signature': `t=1,v0=${'a'.repeat(64)}` };
    expect(verify(stripeScheme, { headers: v0, body }, proof)).toBe('unsigned');
    const noTime = { 'stripe-signature': `v1=${'a'.repeat(64)}` };
    expect(verify(stripeScheme, { headers: noTime, body }, proof)).toBe('unsigned');
  });

  test('a Slack request whose time is no number', () => {
    const headers = {
      'x-slack-request-timestamp': '1e9',
      'x-slack-signature': `v0=${'a'.repeat(64)}`,
    };
    expect(verify(slackScheme, { headers, body }, proof)).toBe('unsigned');
  });

  /** Read as base 64, the first ends behind its first byte, and the others before theirs. */
  test.each([
    ['YQ=wandering-otter', 'a'],
    ['=wandering-otter', ''],
    ['whsec_', ''],
  ])('what is left of %j where that is no key', (secret, key) => {
    const digest = createHmac('sha256', key).update('1.0.').update(body).digest('base64');
    const headers = {
      'webhook-id': '1',
      'webhook-timestamp': '0',
      'webhook-signature': `v1,${digest}`,
    };
    const request = { headers, body };
    expect(verify(gitlabScheme, request, { ...proof, secrets: [secret] })).toBe('wrong');
    expect(verify(standardScheme, request, { ...proof, secrets: [secret] })).toBe('wrong');
  });

  test('signatures beyond the sixteenth', () => {
    const right = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const many = Array.from({ length: 16 }, () => `v1=${'a'.repeat(64)}`).join(',');
    const headers = { 'stripe-signature': `t=1,${many},v1=${right}` };
    expect(verify(stripeScheme, { headers, body }, proof)).toBe('wrong');
  });
});
