import { z } from 'zod';
import { type ActionShape, type Arguments, type ToolShape } from './tool.ts';

/** Characters that a path may have. */
const PATH_LENGTH_MAX = 4_096;
/** Files that one step may read or write. */
export const FILES_MAX = 1_000;

const path = z
  .string('a path is a text, such as docs/notes.md')
  .min(1, 'it is empty; name a file')
  .max(PATH_LENGTH_MAX, `a path has at most ${PATH_LENGTH_MAX} characters`);

const paths = z.union([path, z.array(path).max(FILES_MAX, `at most ${FILES_MAX} files are read`)], {
  error: 'give a path, or a list of paths',
});

const content = z.unknown().refine((value) => value !== undefined, 'it is missing; give a text');

const writtenFile = z.strictObject({ path, content });
const file = z.object({ path: z.string(), bytes: z.int() });

const read: ActionShape = {
  summary: 'Gives the text of a file; of a list of files, each under a line with its path.',
  input: z.strictObject({ path: paths, missing: z.enum(['fail', 'skip']).optional() }),
  output: z.string(),
  effect: 'idempotent',
  risk: 'low',
  usualNames: ['files_content'],
};

const write: ActionShape = {
  summary: 'Puts whole texts into files, each of which holds its old text or its new one.',
  input: z
    .strictObject({
      path: path.optional(),
      content: z.unknown().optional(),
      files: z
        .array(writtenFile, 'it is no list of {path, content}; name a "path" for one text')
        .max(FILES_MAX, `at most ${FILES_MAX} files are written`)
        .optional(),
    })
    .superRefine((written, context) => {
      const found = writeProblem(written);
      if (found !== undefined) context.addIssue({ code: 'custom', ...found });
    }),
  output: z.object({ files: z.array(file.extend({ changed: z.boolean() })) }),
  effect: 'idempotent',
  risk: 'medium',
  complete: completeWrite,
};

const append: ActionShape = {
  summary: 'Adds a text to the end of a file. After a crash nobody knows whether it is there.',
  input: z.strictObject({ path, content }),
  output: file,
  effect: 'ask',
  risk: 'medium',
};

const list: ActionShape = {
  summary: 'Lists what is in a folder.',
  input: z.strictObject({ path: path.optional() }),
  output: z.array(
    z.object({ path: z.string(), kind: z.enum(['file', 'folder', 'link', 'other']) }),
  ),
  effect: 'idempotent',
  risk: 'low',
};

/** What the `filesystem` tool can do, inside the folder of the configuration. */
export const filesystemShape: ToolShape = {
  name: 'filesystem',
  summary: 'Reads and writes text files of the project.',
  aliases: ['tool-filesystem'],
  actions: { read, write, append, list },
};

/** Without a content it is what the step before gave; without a path, the files that it gave. */
function completeWrite(written: Arguments): Arguments {
  if (written['content'] !== undefined || written['files'] !== undefined) return written;
  const previous = '{output}';
  return written['path'] === undefined
    ? { ...written, files: previous }
    : { ...written, content: previous };
}

interface WriteProblem {
  readonly path: string[];
  readonly message: string;
}

function writeProblem({ path: to, content: text, files }: Arguments): WriteProblem | undefined {
  if (files !== undefined) {
    const beside = to === undefined ? text : to;
    if (beside === undefined) return undefined;
    return { path: ['files'], message: 'each of them has its own path and content; remove others' };
  }
  if (to === undefined) return { path: ['path'], message: 'it is missing; name a file' };
  return text === undefined
    ? { path: ['content'], message: 'it is missing; give a text' }
    : undefined;
}
