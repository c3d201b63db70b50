// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDERS = 100;

/**
 * A tree of so many files in a hundred folders, older than what a source takes for fresh.
 *
 * @param {string} root
 * @param {number} files
 */
export function makeTree(root, files) {
  for (let n = 0; n < FOLDERS; n += 1) mkdirSync(join(root, `d${n}`), { recursive: true });
  for (let n = 0; n < files; n += 1) {
    writeFileSync(join(root, `d${n % FOLDERS}`, `f${n}.txt`), String(n));
  }
}

/**
 * A source that watches the tree, as a line of YAML.
 *
 * @param {string} root
 * @param {number} debounceMs
 */
export function watchedBy(root, debounceMs) {
  return `  - { type: file_change, path: ${JSON.stringify(root)}, debounce_ms: ${debounceMs} }`;
}
