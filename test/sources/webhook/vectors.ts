import type { IncomingHttpHeaders } from 'node:http';
import {
  genericScheme,
  giteaScheme,
  githubScheme,
  gitlabScheme,
  type Scheme,
  slackScheme,
  standardScheme,
  stripeScheme,
  tokenScheme,
} from '../../../src/sources/webhook/signature.ts';

/** A request whose signature somebody has published, or that follows from a published scheme. */
export interface Vector {
  readonly name: string;
  readonly scheme: Scheme;
  readonly secret: string;
  readonly headers: IncomingHttpHeaders;
  /** The header that is the proof. */
  readonly proof: string;
  readonly body: string;
  /** When it was signed; undefined where the signature does not cover that. */
  readonly signedAt?: number;
}

const STRIPE_BODY = `{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "ii_123",
      "object": "invoiceitem",
      "amount": 1000,
      "currency": "usd",
      "customer": "cus_123",
      "date": 1533204620,
      "description": "Test Invoice Item",
      "discountable": false,
      "invoice": "in_123",
      "livemode": false,
      "metadata": {},
      "period": {
        "start": 1533204620,
        "end": 1533204620
      },
      "plan": null,
      "proration": false,
      "quantity": null,
      "subscription": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "invoiceitem.created"
}
`;

const SLACK_BODY = [
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow',
  'channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner',
  'command=%2Fwebhook-collect&text=',
  'response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554' +
    '%2F96rGlfmibIGlgcZRskXaIFfN',
  'trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
].join('&');

const GITHUB_DIGEST = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
const GITHUB_SECRET = "It's a Secret to Everybody";
const STANDARD = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  proof: 'webhook-signature',
  body: '{"test": 2432232314}',
  signedAt: 1_614_265_330_000,
};

export const VECTORS: readonly Vector[] = [
  {
    // docs.github.com, "Validating webhook deliveries": testing the webhook payload validation.
    name: 'github',
    scheme: githubScheme,
    secret: GITHUB_SECRET,
    headers: { 'x-hub-signature-256': `sha256=${GITHUB_DIGEST}` },
    proof: 'x-hub-signature-256',
    body: 'Hello, World!',
  },
  // The reference implementations of github.com/standard-webhooks/standard-webhooks.
  { name: 'standard-webhooks', scheme: standardScheme, ...STANDARD },
  {
    // docs.svix.com, "Verifying webhooks manually".
    name: 'standard-webhooks, as Svix documents it',
    scheme: standardScheme,
    secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    headers: {
      'webhook-id': 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      'webhook-timestamp': '1649367553',
      'webhook-signature': 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    },
    proof: 'webhook-signature',
    body: '{"email":"test@example.com","username":"test_user"}',
    signedAt: 1_649_367_553_000,
  },
  // GitLab's signing tokens follow Standard Webhooks.
  { name: 'gitlab, signing token', scheme: gitlabScheme, ...STANDARD },
  {
    name: 'gitlab, secret token',
    scheme: gitlabScheme,
    secret: 'wandering-otter',
    headers: { 'x-gitlab-token': 'wandering-otter' },
    proof: 'x-gitlab-token',
    body: '{}',
  },
  {
    // The same digest without a prefix, as docs.gitea.com describes it.
    name: 'gitea',
    scheme: giteaScheme,
    secret: GITHUB_SECRET,
    headers: { 'x-gitea-signature': GITHUB_DIGEST },
    proof: 'x-gitea-signature',
    body: 'Hello, World!',
  },
  {
    // docs.slack.dev, "Verifying requests from Slack".
    name: 'slack',
    scheme: slackScheme,
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    proof: 'x-slack-signature',
    body: SLACK_BODY,
    signedAt: 1_531_420_618_000,
  },
  {
    // The tests of stripe-dotnet: `EventUtilityTest`, with its `event_test_signature.json`.
    name: 'stripe',
    scheme: stripeScheme,
    secret: 'webhook_secret',
    headers: {
      'stripe-signature': [
        't=1533204620',
        'v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613',
        'v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef',
      ].join(','),
    },
    proof: 'stripe-signature',
    body: STRIPE_BODY,
    signedAt: 1_533_204_620_000,
  },
  {
    name: 'generic',
    scheme: genericScheme(['x-signature'], { algorithm: 'sha256', encoding: 'hex' }),
    secret: GITHUB_SECRET,
    headers: { 'x-signature': GITHUB_DIGEST },
    proof: 'x-signature',
    body: 'Hello, World!',
  },
  {
    // RFC 4231, test case 2, in base 64.
    name: 'generic, sha512 in base 64',
    scheme: genericScheme(['x-signature'], { algorithm: 'sha512', encoding: 'base64' }),
    secret: 'Jefe',
    headers: {
      'x-signature': Buffer.from(
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
          '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
        'hex',
      ).toString('base64'),
    },
    proof: 'x-signature',
    body: 'what do ya want for nothing?',
  },
  {
    // RFC 2202, test case 2.
    name: 'generic, sha1',
    scheme: genericScheme(['x-signature'], { algorithm: 'sha1', encoding: 'hex' }),
    secret: 'Jefe',
    headers: { 'x-signature': 'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79' },
    proof: 'x-signature',
    body: 'what do ya want for nothing?',
  },
  {
    name: 'token',
    scheme: tokenScheme('authorization'),
    secret: 'wandering-otter',
    headers: { authorization: 'Bearer wandering-otter' },
    proof: 'authorization',
    body: '',
  },
];
