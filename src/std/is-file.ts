import { statSync } from 'node:fs';

/** Whether there is such a file; a link to one counts, a folder or a pipe does not. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
