import { z } from 'zod';
import { parseSubpath } from '../path.ts';
import type { SecretField } from '../../store/secrets/secret-table.ts';
import type { SourceDefinition } from '../source.ts';
import { spanSchema } from './duration-schema.ts';

/** Secret fields of one source: each event is searched for every one of them. */
const FIELDS_MAX = 16;
/** How long the secrets of an event are kept where nothing else is said. */
const KEEP_MS = 7 * 86_400_000;
const NAME = /^[A-Za-z_]\w{0,63}$/;

const pathSchema = z
  .string()
  .max(200)
  .transform((text, context): readonly (string | number)[] => {
    const path = parseSubpath(text);
    if (path !== undefined) return path;
    context.addIssue({ code: 'custom', message: 'is no path into data, such as login.token' });
    return z.NEVER;
  });

/** As `login.token`, which is called `token` then; or as `NAME: login.token`. */
const fieldsSchema = z.union([
  z.array(pathSchema).max(FIELDS_MAX),
  z.record(z.string(), pathSchema),
]);

/** The keys of a source that say what of its events is secret. */
export const secretFieldKeys = {
  redact: z.boolean().optional(),
  secret_fields: fieldsSchema
    .transform((written): readonly SecretField[] =>
      Array.isArray(written)
        ? written.map((path) => ({ name: String(path.at(-1)), path }))
        : Object.entries(written).map(([name, path]) => ({ name, path })),
    )
    .superRefine((fields, context) => {
      const message = problemOf(fields);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional(),
  secret_keep: spanSchema.optional(),
};

function problemOf(fields: readonly SecretField[]): string | undefined {
  if (fields.length > FIELDS_MAX) return `has ${fields.length} fields, over ${FIELDS_MAX}`;
  const names = fields.map(({ name }) => name);
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) {
    return 'has a field without a name that steps could use; write NAME: login.token';
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice && `has two fields called "${twice}"; write NAME: login.token`;
}

/** What is written about secrets, as far as it says something. */
type Written = { readonly [Key in keyof typeof secretFieldKeys]?: unknown } & {
  readonly redact?: boolean | undefined;
  readonly secret_fields?: readonly SecretField[] | undefined;
  readonly secret_keep?: number | undefined;
};

/** What it means for the source. */
export function readSecretFields(
  { redact, secret_fields: secretFields, secret_keep: secretKeepMs = KEEP_MS }: Written,
  strangers: boolean,
): Pick<SourceDefinition, 'redact' | 'secretFields' | 'secretKeepMs'> {
  return {
    ...((redact ?? strangers) && { redact: true }),
    ...(secretFields !== undefined && { secretFields, secretKeepMs }),
  };
}
