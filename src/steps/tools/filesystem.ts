import { readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import type { StepContext, StepError, StepResult } from '../../runs/step-kind.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import { textOf } from '../written-value.ts';
import { ClosedFolders, codeOf, Confinement } from './confinement.ts';
import { filesystemShape } from './filesystem-shape.ts';
import { proposeWrite } from './propose-write.ts';
import { appendText, readText, replaceText, TEXT_BYTES_MAX } from './text-files.ts';
import type { Tool } from './tool.ts';

/** Names that a list may have. */
const ENTRIES_MAX = 10_000;
/** What the system says of what a later attempt finds no better. */
const LASTING: readonly string[] = 'EACCES EPERM EROFS ENAMETOOLONG EISDIR ENOTDIR ELOOP'.split(
  ' ',
);

interface FilesystemOptions {
  /** Folders that no path leads into, such as the data directory. */
  readonly closed: readonly string[];
}

/** One call: where it may go, and what it was asked. */
interface Call {
  readonly inside: Confinement;
  readonly context: StepContext;
  /** What it has written so far. */
  readonly written: Json[];
}

/** Reads, writes and lists files of the project: the folder of the configuration. */
export function filesystemTool(options: FilesystemOptions): Tool {
  const closed = new ClosedFolders(options.closed);
  return {
    shape: filesystemShape,
    propose: async (action, { directory }, input) => {
      const { path, content, files = [] } = input as Json & WriteInput;
      const [only, ...others] = path === undefined ? files : [{ path, content: content ?? null }];
      if (action !== 'write' || only === undefined || others.length > 0) return undefined;
      return proposeWrite(new Confinement({ root: directory, closed }), only);
    },
    run: async (action, context, input) => {
      const inside = new Confinement({ root: context.directory, closed });
      const call: Call = { inside, context, written: [] };
      try {
        return { kind: 'done', output: await act(action, call, input) };
      } catch (error) {
        const failure = failureOf(error, action);
        if (call.written.length === 0) return failure;
        return { ...failure, error: { ...failure.error, happened: 'maybe' } };
      }
    },
  };
}

interface ReadInput {
  readonly path: string | readonly string[];
  readonly missing?: 'fail' | 'skip';
}

interface WriteInput {
  readonly path?: string;
  readonly content?: Json;
  readonly files?: readonly { readonly path: string; readonly content: Json }[];
}

/** The registry has checked the input by the action's schema. */
function act(action: string, call: Call, input: Json): Promise<Json> {
  switch (action) {
    case 'read':
      return read(call, input as Json & ReadInput);
    case 'write':
      return write(call, input as Json & WriteInput);
    case 'append':
      return append(call, input as { readonly path: string; readonly content: Json });
    default:
      return list(call, input as { readonly path?: string });
  }
}

async function read({ inside }: Call, { path, missing = 'fail' }: ReadInput): Promise<Json> {
  if (typeof path === 'string') return readText(inside, await inside.resolve(path), TEXT_BYTES_MAX);
  const parts: string[] = [];
  let room = TEXT_BYTES_MAX;
  for (const each of path) {
    try {
      const text = await readText(inside, await inside.resolve(each), room);
      room -= Buffer.byteLength(text);
      parts.push(`==> ${each} <==\n${text.endsWith('\n') || text === '' ? text : `${text}\n`}`);
    } catch (error) {
      if (missing === 'fail' || !isMissing(error)) throw error;
    }
  }
  return parts.join('\n');
}

async function write(
  { inside, context, written }: Call,
  { path, content, files }: WriteInput,
): Promise<Json> {
  const { key, signal } = context;
  const asked = files ?? (path === undefined || content === undefined ? [] : [{ path, content }]);
  // All paths are looked at before anything is written.
  const ways = await Promise.all(asked.map(async (file) => inside.resolve(file.path)));
  for (const [index, way] of ways.entries()) {
    signal.throwIfAborted();
    const text = textOf(asked[index]?.content ?? null);
    written.push({ path: way.path, ...(await replaceText(inside, way, { text, key })) });
  }
  return { files: written };
}

async function append(
  { inside }: Call,
  { path, content }: { readonly path: string; readonly content: Json },
): Promise<Json> {
  const way = await inside.resolve(path);
  return { path: way.path, bytes: await appendText(inside, way, textOf(content)) };
}

async function list({ inside }: Call, { path = '.' }: { readonly path?: string }): Promise<Json> {
  const way = await inside.resolve(path);
  const folder = await inside.enter(way.names);
  try {
    const entries = await readdir(folder.path, { withFileTypes: true });
    if (entries.length > ENTRIES_MAX) {
      const reason = `"${way.path}" holds more than ${ENTRIES_MAX} names`;
      throw new SignalboxError('tool.too_large', `${reason}. List a folder inside it.`);
    }
    const under = way.path === '.' ? '' : `${way.path}/`;
    return entries
      .map((entry) => ({ path: `${under}${entry.name}`, kind: kindOf(entry) }))
      .toSorted((a, b) => Number(a.path > b.path) - Number(a.path < b.path));
  } finally {
    await folder.close();
  }
}

function kindOf(entry: Dirent): string {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'tool.not_found'].includes(codeOf(error));
}

type Failure = Extract<StepResult, { kind: 'fail' | 'retry' }>;

/** What the system says before anything of an append is in its file: `EEXIST`, another made it. */
const UNDONE: readonly string[] = [...LASTING, 'EEXIST'];

/** Of one file only an append leaves a doubt: everything else is there whole, or not at all. */
function failureOf(error: unknown, action: string): Failure {
  if (error instanceof SignalboxError) {
    const { code, message } = error;
    return { kind: 'fail', error: { code, message, happened: 'no' } };
  }
  const code = codeOf(error);
  const reason = withoutPaths(messageOf(error));
  if (code === 'ENOENT') {
    const message = `There is no such file or folder: ${reason}. Correct its path.`;
    return { kind: 'fail', error: { code: 'tool.not_found', message, happened: 'no' } };
  }
  const failed: StepError = {
    code: 'tool.failed',
    message: `filesystem ${action} failed: ${reason}.`,
    happened: action === 'append' && !UNDONE.includes(code) ? 'maybe' : 'no',
  };
  return LASTING.includes(code)
    ? { kind: 'fail', error: failed }
    : { kind: 'retry', error: failed };
}

/** Our own way to a file, by what we hold open, says nothing to anybody. */
function withoutPaths(message: string): string {
  return message.replaceAll(/\/proc\/self\/fd\/\d+\/?/g, '').replace(/ ''$/, '');
}
