import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BoundFile } from '../gates/content.ts';

/** How many files are bound by one proposal, and how large each may be. */
const FILES_MAX = 100;
const FILE_BYTES_MAX = 67_108_864;
/** A word longer than this names no file. */
const PATH_LENGTH_MAX = 4_096;

/** What the words of a command name. */
export interface NamedFiles {
  readonly files: readonly BoundFile[];
  /** What they name and is not bound, each as people are told it. */
  readonly unbound: readonly string[];
}

/**
 * Binds the bytes of each file that a word names, as the command would find it from its folder. A
 * word that looks like a path and names none is bound as absent: so that nobody can put one there.
 */
export async function namedFiles(words: readonly string[], directory: string): Promise<NamedFiles> {
  const files = new Map<string, BoundFile>();
  const unbound: string[] = [];
  for (const path of new Set(words.flatMap(pathsIn))) {
    if (files.size >= FILES_MAX) {
      unbound.push(`files named behind the first ${FILES_MAX}`);
      break;
    }
    const found = await lookAt(path, directory);
    if (found.kind === 'unbound') unbound.push(found.what);
    if (found.kind === 'bound') files.set(path, { path, sha256: found.digest });
  }
  return { files: [...files.values()], unbound };
}

/** The word itself, and what stands behind the `=` of an option. */
function pathsIn(word: string): string[] {
  const value = /^-[^=]*=([^]+)$/.exec(word)?.[1];
  const texts = word.startsWith('-') ? [] : [word];
  if (value !== undefined) texts.push(value);
  return texts.filter((text) => text !== '' && text.length <= PATH_LENGTH_MAX);
}

type Look =
  | { readonly kind: 'bound'; readonly digest: string | null }
  | { readonly kind: 'unbound'; readonly what: string }
  | { readonly kind: 'nothing' };

async function lookAt(path: string, directory: string): Promise<Look> {
  const isPath = /[./]/.test(path) && !/\s/.test(path) && !path.includes('://');
  try {
    const stats = await stat(resolve(directory, path));
    if (stats.isDirectory()) return { kind: 'unbound', what: `what the folder ${path} holds` };
    if (!stats.isFile()) return { kind: 'unbound', what: `what ${path} gives, which is no file` };
    if (stats.size > FILE_BYTES_MAX)
      return { kind: 'unbound', what: `the file ${path}, which is larger than 64 MiB` };
    return { kind: 'bound', digest: await digestOf(resolve(directory, path)) };
  } catch {
    return isPath ? { kind: 'bound', digest: null } : { kind: 'nothing' };
  }
}

/** SHA-256 of a file's bytes. */
async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
