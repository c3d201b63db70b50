import { z } from 'zod';
import { durationSchema } from '../../flows/parse/duration-schema.ts';
import type { SourceConfig, SourceShape } from '../../flows/source-shape.ts';
import { parseByteSize } from '../../std/byte-size.ts';
import { isLoopback } from '../../std/http/address.ts';
import { isTimestamp } from '../../std/timestamp.ts';
import { PRESETS, type PresetName } from './preset.ts';
import { ALGORITHMS, ENCODINGS, standardKey } from './signature.ts';

/** A body may be no larger than what an event can carry. */
export const BODY_BYTES_MAX = 1_048_576;
/** Secrets that are good at one time: each costs a digest of every body. */
const SECRETS_MAX = 8;
const TOLERANCE_MS = 300_000;
const TOLERANCE_MS_MAX = 3_600_000;
const PATH = /^\/hooks(\/[A-Za-z0-9._~-]+)+$/;
/** `/hooks/..` would be another path to whoever normalises it on the way. */
const DOTS = /\/\.{1,2}(\/|$)/;
const HEADER = /^[A-Za-z0-9-]{1,100}$/;

const presetNames = Object.keys(PRESETS) as PresetName[];

const headerSchema = z
  .string()
  .regex(HEADER, 'is no name of a header, such as X-Signature')
  .transform((name) => name.toLowerCase());

const secretSchema = z.union([
  z
    .string()
    .min(1)
    .transform((value) => ({ value, until: undefined })),
  z.strictObject({
    value: z.string().min(1),
    /** From then on it is good for nothing. */
    until: z
      .string()
      .refine(isTimestamp, 'is no time, such as 2026-12-01T09:00:00Z')
      .transform((text) => Date.parse(text))
      .optional(),
  }),
]);

const sizeSchema = z.string().transform((text, context): number => {
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes > 0 && bytes <= BODY_BYTES_MAX) return bytes;
  context.addIssue({ code: 'custom', message: 'is a size of at most 1MiB, such as 64KiB' });
  return z.NEVER;
});

const schema = z
  .strictObject({
    path: z
      .string()
      .max(200)
      .regex(PATH, 'begins with /hooks/, as /hooks/deploy does')
      .refine((path) => !DOTS.test(path), 'has no part that is . or ..'),
    preset: z.enum(presetNames).optional(),
    /** `token`: the secret itself is sent, as a bearer token. */
    auth: z.enum(['signature', 'token', 'none']).default('signature'),
    secret: z.string().optional(),
    secrets: z.array(secretSchema).max(SECRETS_MAX).optional(),
    signature_header: headerSchema.optional(),
    signature_algorithm: z.enum(ALGORITHMS).optional(),
    signature_encoding: z.enum(ENCODINGS).optional(),
    id_header: headerSchema.optional(),
    tolerance: durationSchema
      .refine((ms) => ms > 0 && ms <= TOLERANCE_MS_MAX, 'is between 1ms and 1h')
      .optional(),
    body_limit: sizeSchema.default(BODY_BYTES_MAX),
  })
  .superRefine((written, context) => {
    const message = problemOf(written);
    if (message !== undefined) context.addIssue({ code: 'custom', ...message });
  })
  .transform(({ secret, secrets = [], tolerance, ...rest }) => ({
    ...rest,
    secrets: secret === undefined ? secrets : [{ value: secret, until: undefined }],
    tolerance: tolerance ?? TOLERANCE_MS,
  }));

/** What a webhook source is opened with. */
export type WebhookConfig = z.output<typeof schema>;

interface Written {
  readonly preset?: PresetName | undefined;
  readonly auth: WebhookConfig['auth'];
  readonly secret?: string | undefined;
  readonly secrets?: WebhookConfig['secrets'] | undefined;
  readonly signature_header?: string | undefined;
  readonly signature_algorithm?: string | undefined;
  readonly signature_encoding?: string | undefined;
}

type WrittenProblem = { readonly path: string[]; readonly message: string };

function problemOf(written: Written): WrittenProblem | undefined {
  const { preset, auth, secret, secrets } = written;
  if (secret !== undefined && secrets !== undefined) {
    return { path: ['secrets'], message: 'stands beside "secret"; name all of them here' };
  }
  const values = secret === undefined ? (secrets ?? []).map(({ value }) => value) : [secret];
  const isSecured = values.some((value) => value !== '');
  if (auth === 'none' && isSecured) {
    return { path: ['auth'], message: 'is none, so that the secret is not asked for; remove one' };
  }
  if (auth !== 'none' && !isSecured) return { path: ['secret'], message: NO_SECRET };
  return (
    schemeProblem(written) ?? (preset === 'standard-webhooks' ? keyProblem(values) : undefined)
  );
}

const NO_SECRET = [
  'is missing or empty, so that anyone could send events;',
  'give one, or "auth: none" where only this machine is heard',
].join(' ');

function schemeProblem({ preset, auth, ...written }: Written): WrittenProblem | undefined {
  if (preset !== undefined && auth === 'token') {
    return { path: ['auth'], message: `is what "preset: ${preset}" says; remove one of the two` };
  }
  const fixed = preset !== undefined || auth === 'none';
  const names = ['signature_header', 'signature_algorithm', 'signature_encoding'] as const;
  const idle = names.find((name) => {
    return written[name] !== undefined && (fixed || (auth === 'token' && name !== names[0]));
  });
  if (idle === undefined) return undefined;
  return { path: [idle], message: `says nothing here: only signatures without a preset have it` };
}

/** Whose key is not what it seems would be told of a wrong signature with each request. */
function keyProblem(values: readonly string[]): WrittenProblem | undefined {
  const bad = values.some((value) => standardKey(value) === undefined);
  const message = 'is whsec_ and base 64 for "preset: standard-webhooks"';
  return bad ? { path: ['secret'], message } : undefined;
}

/** How a webhook source is written. */
export const webhookShape: SourceShape = {
  type: 'webhook',
  schema,
  secretKeys: ['secret', 'secrets'],
  strangers: true,
  nameOf: (config) => webhookConfig(config).path.slice('/hooks/'.length),
  ownOf: (config) => `the path ${webhookConfig(config).path}`,
  trustOf: (config) => (webhookConfig(config).auth === 'none' ? 'untrusted' : 'trusted'),
  emits: ['webhook.received'],
  problem(config, { webhookHost }) {
    if (webhookConfig(config).auth !== 'none' || isLoopback(webhookHost)) return undefined;
    const reason = `"webhook_host: ${webhookHost}" lets other machines in`;
    return `${reason}, and "auth: none" lets any of them send events; give the source a secret`;
  },
};

/** What the shape's schema made of what was written. */
export function webhookConfig(config: SourceConfig): WebhookConfig {
  return config as WebhookConfig;
}
