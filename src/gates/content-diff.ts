import { isObject, type Json } from '../std/json.ts';
import type { Content, FileContent } from './content.ts';

/** A content, and what a diff in it says, which is read by lines. */
export interface SplitContent<T> {
  readonly rest: T;
  /** A unified diff; null where it has none. */
  readonly diff: string | null;
}

type Undiffed = Exclude<Content, FileContent> | Omit<FileContent, 'diff'>;

/**
 * Takes the diff out of what people are shown: that of a file that would be written, or the field
 * `diff` of what a tool is given.
 */
export function splitDiff(content: Content): SplitContent<Undiffed> {
  if (content.kind === 'file') {
    const { diff, ...rest } = content;
    return { rest, diff };
  }
  if (content.kind !== 'tool') return { rest: content, diff: null };
  const { rest, diff } = splitField(content.with);
  return { rest: { ...content, with: rest }, diff };
}

/** Over the diff of a content: that of a file is ours, what a tool is given is somebody's word. */
export function diffTitle({ kind }: Content): string {
  return kind === 'file' ? 'what would change' : 'the diff that the tool is given';
}

function splitField(value: Json): SplitContent<Json> {
  if (!isObject(value)) return { rest: value, diff: null };
  const { diff, ...rest } = value;
  return typeof diff === 'string' && diff !== '' ? { rest, diff } : { rest: value, diff: null };
}
