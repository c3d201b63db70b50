import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** What a program's name leads to: an absolute path, or why there is none that can be run. */
export type FoundProgram =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not_found' | 'not_executable' };

/** Looks a program up as the system does: in the folders of `path` where its name has no slash. */
export function findProgram(name: string, directory: string, path = ''): FoundProgram {
  const candidates = name.includes('/')
    ? [resolve(directory, name)]
    : path.split(delimiter).map((folder) => resolve(directory, folder, name));
  const kinds = candidates.map(kindOf);
  const found = candidates[kinds.indexOf('found')];
  if (found !== undefined) return { kind: 'found', path: found };
  return { kind: kinds.includes('not_executable') ? 'not_executable' : 'not_found' };
}

function kindOf(path: string): FoundProgram['kind'] {
  try {
    if (!statSync(path).isFile()) return 'not_executable';
  } catch {
    return 'not_found';
  }
  try {
    accessSync(path, constants.X_OK);
    return 'found';
  } catch {
    return 'not_executable';
  }
}
