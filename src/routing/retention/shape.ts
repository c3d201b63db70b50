import { z } from 'zod';
import { spanSchema } from '../../flows/parse/duration-schema.ts';
import { parseByteSize } from '../../std/byte-size.ts';

/** How long decisions are kept where nothing is said, in milliseconds: 400 days. */
const DECISIONS_MS = 400 * 86_400_000;
/** Less than this holds no log to speak of. */
const SIZE_MIN = 16_777_216;

const sizeSchema = z.string().transform((text, context): number => {
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes >= SIZE_MIN) return bytes;
  context.addIssue({ code: 'custom', message: 'is a size of at least 16MiB, such as 20GiB' });
  return z.NEVER;
});

/** `retention` of a configuration file. Without it everything is kept. */
export const retentionSchema = z
  .strictObject({
    /** How long events are kept, and all that came of them. */
    events: spanSchema.optional(),
    /** How long what people decided is kept, which is longer than events are. */
    decisions: spanSchema.default(DECISIONS_MS),
    /** What the store may take up: the oldest part goes first. */
    size: sizeSchema.optional(),
    /** The folder into which a part of the log is written before it goes. */
    archive: z.string().min(1).max(1_000).optional(),
  })
  .refine(({ events = 0, decisions }) => decisions >= events, {
    path: ['decisions'],
    error: 'are kept at least as long as events are',
  })
  .readonly();
