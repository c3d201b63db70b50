import { posix } from 'node:path';
import { z } from 'zod';
import type { SourceConfig, SourceShape } from '../../flows/source-shape.ts';
import type { ChangeKind } from './change.ts';

/** What happened to a file that a source may tell of. */
const KINDS = ['create', 'modify', 'delete', 'rename'] as const satisfies readonly ChangeKind[];
const DEFAULT_KINDS: readonly ChangeKind[] = ['create', 'modify', 'delete'];
const DEBOUNCE_MS = 100;
const MAX_WAIT_MS = 30_000;
/** An hour: what waits longer is a mistake of units. */
const WAIT_MS_MAX = 3_600_000;
const GLOBS_MAX = 100;
const GLOB_LENGTH_MAX = 1_000;

const globs = z
  .union([z.string(), z.array(z.string())])
  .superRefine((written, context) => {
    for (const [index, text] of [written].flat().entries()) {
      const message = globProblem(text);
      const at = typeof written === 'string' ? [] : [index];
      if (message !== undefined) context.addIssue({ code: 'custom', path: at, message });
    }
    const message = `there are ${written.length}, over ${GLOBS_MAX}; use braces, or fewer`;
    if (Array.isArray(written) && written.length > GLOBS_MAX) {
      context.addIssue({ code: 'custom', message });
    }
  })
  .transform((written) => [written].flat().map((text) => text.replace(/^(\.\/)+/, '')));

const path = z
  .string()
  .min(1, 'it is empty; name a folder, or "." for that of this file')
  .refine((text) => !text.includes('\0'), 'it holds a NUL character; remove it')
  .transform((text) => posix.normalize(text.replaceAll('\\', '/')).replace(/(?<=.)\/$/, ''));

const wait = z
  .number('expected a number of milliseconds without a unit, such as 500')
  .int()
  .min(0)
  .max(WAIT_MS_MAX);

const schema = z.strictObject({
  path: path.default('.'),
  pattern: globs.default([]),
  ignore: globs.default([]),
  gitignore: z.boolean().default(true),
  events: z
    .array(z.enum(KINDS))
    .min(1, 'it is empty; list some of create, modify, delete and rename')
    .default([...DEFAULT_KINDS]),
  debounce_ms: wait.default(DEBOUNCE_MS),
  max_wait_ms: wait.default(MAX_WAIT_MS),
});

/** What a source of this type is opened with. */
export type FileChangeConfig = z.output<typeof schema>;

/** The type of the events. */
export const FILE_CHANGED = 'file.changed';

/** How a source of changed files is written. */
export const fileChangeShape: SourceShape = {
  type: 'file_change',
  schema,
  quietKey: 'debounce_ms',
  secretKeys: [],
  nameOf(config) {
    const { path: folder, pattern } = readFileChange(config);
    return pattern.length === 0 ? folder : posix.join(folder, pattern.join(','));
  },
  trustOf: () => 'trusted',
  emits: [FILE_CHANGED],
};

/** The configuration of a source of this type, which its schema made. */
export function readFileChange(config: SourceConfig): FileChangeConfig {
  return config as FileChangeConfig;
}

function globProblem(text: string): string | undefined {
  if (text === '') return 'it is empty; write a pattern such as "**/*.ts"';
  if (text.length > GLOB_LENGTH_MAX) return `it is longer than ${GLOB_LENGTH_MAX} characters`;
  if (text.startsWith('!')) return 'it begins with "!"; leave files out by "ignore"';
  if (text.startsWith('/') || /^[A-Za-z]:/.test(text)) {
    return 'it is absolute; patterns are relative to "path"';
  }
  return text.split('/').includes('..')
    ? 'it leads out of "path"; name that folder there'
    : undefined;
}
