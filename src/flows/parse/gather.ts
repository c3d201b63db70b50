import { z, type ZodType } from 'zod';
import type { Gather } from '../flow.ts';
import { expressionSchema } from './condition.ts';
import { spanSchema } from './duration-schema.ts';
import { parseKey } from './key.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { keyPlaceAt, pick, placeAt, type YamlMapping } from './yaml-node.ts';

/** How many events a window may hold. */
const SIZE_MAX = 10_000;
/** How long a window may be told to wait: about a year. */
const WAIT_MS_MAX = 366 * 86_400_000;
/** How long a batch waits, and how many waits a debounce lasts at most, where that is left out. */
const BATCH_WAIT_MS = 60_000;
const DEBOUNCE_WAITS = 10;

/** A window with its key as it is written. */
type WrittenGather = Omit<Gather, 'key'> & { readonly key?: string | undefined };

const key = expressionSchema.optional();
const waitSchema = spanSchema.refine((ms) => ms <= WAIT_MS_MAX, 'must be at most 366d');

const debounceSchema = z
  .strictObject({ wait: waitSchema, max_wait: waitSchema.optional(), key })
  .refine(({ wait, max_wait: longest = Infinity }) => wait <= longest, {
    path: ['wait'],
    message: 'must not be longer than "max_wait"',
  })
  .transform(({ wait, max_wait: longest = DEBOUNCE_WAITS * wait, ...rest }): WrittenGather => {
    return { ...rest, kind: 'debounce', quietMs: wait, maxMs: longest, size: SIZE_MAX };
  });

const batchSchema = z
  .strictObject({
    size: z.int().min(1).max(SIZE_MAX),
    wait: waitSchema.default(BATCH_WAIT_MS),
    key,
  })
  .transform(({ wait, ...rest }): WrittenGather => ({ ...rest, kind: 'batch', maxMs: wait }));

/** The keys of a flow, and of a source, that gather events, as they may be written. */
export const writtenGathers = { debounce: debounceSchema, batch: batchSchema };

const SCHEMAS = new Map<string, ZodType<{ readonly [kind: string]: WrittenGather }>>([
  ['debounce', z.strictObject({ debounce: debounceSchema })],
  ['batch', z.strictObject({ batch: batchSchema })],
]);

/**
 * Reads `debounce` or `batch`; undefined where neither is written, and where it is wrong, which is
 * reported.
 */
export function readGather(node: YamlMapping, what: string, report: Report): Gather | undefined {
  const [first, second] = [...node.entries.keys()].filter((name) => SCHEMAS.has(name));
  if (first !== undefined && second !== undefined) {
    const both = `by "${first}" or by "${second}"`;
    const message = `${what} gathers events ${both}, not by both; remove one`;
    report({ at: keyPlaceAt(node, [second]), code: 'config.invalid', message });
  }
  const [gather] = [...SCHEMAS].flatMap(([kind, schema]) => {
    if (!node.entries.has(kind)) return [];
    const written = readWith(schema, pick(node, [kind]), { report, what })?.[kind];
    if (written === undefined) return [];
    const at = placeAt(node, [kind, 'key']);
    return { ...written, key: parseKey(written.key, at, report) };
  });
  return gather;
}
