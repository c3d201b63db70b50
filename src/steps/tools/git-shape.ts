import { z } from 'zod';
import type { ActionShape, ToolShape } from './tool.ts';

/** Commits that a log has where its step does not say. */
export const COMMITS_DEFAULT = 100;
const COMMITS_MAX = 10_000;
const TEXT_LENGTH_MAX = 1_024;
const PATHS_MAX = 1_000;

const text = z
  .string('it is a text')
  .min(1, 'it is empty')
  .max(TEXT_LENGTH_MAX, `it has over ${TEXT_LENGTH_MAX} characters`)
  .refine((value) => !value.includes('\0'), 'it holds a NUL character');

const ref = text.superRefine((value, context) => {
  const message = refProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const path = text.refine(
  (value) => !value.startsWith('/') && !value.split('/').includes('..'),
  'a path is relative to the project and does not leave it',
);
const paths = z.union([path, z.array(path).max(PATHS_MAX, `at most ${PATHS_MAX} paths`)], {
  error: 'give a path of the project, or a list of such',
});

const read = { effect: 'idempotent', risk: 'low' } as const;

const status: ActionShape = {
  ...read,
  summary: 'Says which commit and branch is checked out, and which files differ from it.',
  input: z.strictObject({ path: paths.optional() }),
  output: z.object({
    branch: z.string().nullable(),
    commit: z.string().nullable(),
    clean: z.boolean(),
    files: z.array(z.object({ path: z.string(), state: z.string(), from: z.string().optional() })),
  }),
};

const diff: ActionShape = {
  ...read,
  summary: 'Gives the differences to a commit, between two (a..b), or of what is staged.',
  input: z.strictObject({
    ref: ref.optional(),
    staged: z.boolean('it is true or false').optional(),
    path: paths.optional(),
  }),
  output: z.string(),
};

const log: ActionShape = {
  ...read,
  summary: 'Gives the commits, newest first: a line each, or a list with "format: list".',
  input: z.strictObject({
    since: text.optional(),
    until: text.optional(),
    max: z
      .int('it is a whole number')
      .min(1, 'it is at least 1')
      .max(COMMITS_MAX, `it is at most ${COMMITS_MAX}`)
      .optional(),
    ref: ref.optional(),
    path: paths.optional(),
    format: z.enum(['text', 'list'], 'it is text or list').optional(),
  }),
  output: z.union([
    z.string(),
    z.array(
      z.object({
        commit: z.string(),
        author: z.string(),
        email: z.string(),
        time: z.string(),
        subject: z.string(),
        body: z.string(),
      }),
    ),
  ]),
  usualNames: ['git_log'],
};

/** What the `git` tool can do: look at the repository of the project, and change nothing. */
export const gitShape: ToolShape = {
  name: 'git',
  summary: 'Looks at the git repository of the project, and runs nothing that it holds.',
  aliases: ['tool-git', 'tool-git-advanced'],
  actions: { status, diff, log },
};

/** Why git is not asked about a ref. What it looks like to git is never left to git alone. */
function refProblem(value: string): string | undefined {
  if (value.startsWith('-')) return 'it looks like an option of git; a ref begins otherwise';
  return /[\s\p{Cc}]/u.test(value) ? 'a ref holds no spaces and no control characters' : undefined;
}
