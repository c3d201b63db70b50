import { z } from 'zod';
import { TYPE_LENGTH_MAX } from '../../events/event.ts';
import { patternProblem } from '../../events/pattern.ts';
import { durationSchema } from '../../flows/parse/duration-schema.ts';

/** What hooks are called at. */
export const HOOK_NAMES = [
  'event:received',
  'event:queued',
  'event:handler:start',
  'event:handler:end',
  'event:dropped',
  'source:started',
  'source:stopped',
  'source:error',
] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** How many hooks one name may have. */
const HOOKS_MAX = 16;
/** How long one call may take where nothing else is said. */
export const BUDGET_MS = 250;
const BUDGET_MS_MIN = 1;
const BUDGET_MS_MAX = 10_000;
const ARGV_MAX = 256;
const TEXT_LENGTH_MAX = 4_096;

const textSchema = z
  .string()
  .min(1, 'it is empty')
  .max(TEXT_LENGTH_MAX)
  .refine((text) => !text.includes('\0'), 'it holds a NUL character; remove it');

const patternSchema = z
  .string()
  .max(TYPE_LENGTH_MAX)
  .superRefine((pattern, context) => {
    const message = patternProblem(pattern);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const environmentSchema = z
  .record(z.string(), textSchema)
  .superRefine((entries, context) => {
    for (const name of Object.keys(entries)) {
      const message = 'a name is letters, digits and "_", as in API_URL';
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .readonly();

const LIST = {
  error: 'is a list of the program and its arguments, as in [python3, hooks/bots.py]',
};

const entrySchema = z
  .strictObject({
    module: textSchema.optional(),
    command: z.array(z.string().max(TEXT_LENGTH_MAX), LIST).max(ARGV_MAX).readonly().optional(),
    on_failure: z.enum(['open', 'closed']).default('open'),
    budget: durationSchema
      .refine(
        (ms) => ms >= BUDGET_MS_MIN && ms <= BUDGET_MS_MAX,
        `is between ${BUDGET_MS_MIN}ms and ${BUDGET_MS_MAX / 1_000}s`,
      )
      .default(BUDGET_MS),
    events: patternSchema.default('*'),
    env: environmentSchema.default({}),
  })
  .superRefine(({ module, command }, context) => {
    const message = entryProblem(module, command);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

function entryProblem(
  module: string | undefined,
  command: readonly string[] | undefined,
): string | undefined {
  if ((module === undefined) === (command === undefined))
    return 'a hook is either a "module" or a "command"';
  if (command === undefined) return undefined;
  if (command[0] === undefined || command[0] === '') return 'its "command" names no program';
  return command.some((word) => word.includes('\0'))
    ? 'its "command" holds a NUL character; remove it'
    : undefined;
}

const hookSchema = z.union([
  textSchema.transform((module) => entrySchema.parse({ module })),
  entrySchema,
]);

const listSchema = z.array(hookSchema).max(HOOKS_MAX).readonly().optional();

/** `hooks:` of a configuration file: by what they are called at, in the order of the calls. */
export const hooksSchema = z.strictObject({
  'event:received': listSchema,
  'event:queued': listSchema,
  'event:handler:start': listSchema,
  'event:handler:end': listSchema,
  'event:dropped': listSchema,
  'source:started': listSchema,
  'source:stopped': listSchema,
  'source:error': listSchema,
} satisfies Record<HookName, unknown>);

export type HooksSettings = Readonly<z.output<typeof hooksSchema>>;

/** One hook as it is written: a module or a command, and what holds for its calls. */
export type HookSettings = Readonly<z.output<typeof entrySchema>>;
