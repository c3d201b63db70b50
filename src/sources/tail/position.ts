import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/**
 * How far a file was read. It is found again wherever it was moved to, and told from another that
 * took its name, its size or its number.
 */
export interface Position {
  /** The file's device and number. */
  readonly file: string;
  /** Where the next line begins, in bytes. */
  readonly offset: number;
  /** How many lines lie before. */
  readonly lines: number;
  /** The digest of the first bytes of the file and of the last ones before the offset. */
  readonly print: string;
}

const HEAD_BYTES = 64;
const LAST_BYTES = 256;
const PRINT_LENGTH = 22;

const positionSchema = z.object({
  file: z.string(),
  offset: z.int().nonnegative(),
  lines: z.int().nonnegative(),
  print: z.string(),
});

/** The position as a text that `parsePosition` takes. */
export function formatPosition({ file, offset, lines, print }: Position): string {
  return JSON.stringify({ file, offset, lines, print });
}

/** The position that a text holds; undefined where it holds none. */
export function parsePosition(text: string): Position | undefined {
  try {
    return positionSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What names a file whatever it is called. */
export function fileOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The digest of what lies before an offset; undefined where the file does not reach so far. */
export async function printOf(handle: FileHandle, offset: number): Promise<string | undefined> {
  const head = await readExactly(handle, 0, Math.min(HEAD_BYTES, offset));
  const length = Math.min(LAST_BYTES, offset);
  const last = await readExactly(handle, offset - length, length);
  if (head === undefined || last === undefined) return undefined;
  return hash('sha256', Buffer.concat([head, last]), 'base64url').slice(0, PRINT_LENGTH);
}

async function readExactly(
  handle: FileHandle,
  from: number,
  length: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(buffer, done, length - done, from + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return buffer;
}
