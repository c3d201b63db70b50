// @ts-check
// Checks that `npm ci` with this lock file works on every platform and behind every registry.
//
// npm leaves the binaries of other platforms out of the lock where it has seen only ours: the file
// then installs here and nowhere else. It also notes where it found each package, which ties the
// file to one registry.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{
 *   version?: string;
 *   integrity?: string;
 *   resolved?: string;
 *   link?: boolean;
 *   hasInstallScript?: boolean;
 *   optionalDependencies?: Record<string, string>;
 * }} LockedPackage
 */

/**
 * What is wrong with a lock file, a sentence each; empty where nothing is.
 *
 * @param {{ packages: Record<string, LockedPackage> }} lock
 * @returns {string[]}
 */
export function lockProblems({ packages }) {
  const problems = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (find(packages, path, name) !== undefined) continue;
      problems.push(`${path || 'the project'} may need ${name}, which is missing`);
    }
    if (path === '') continue;
    if (entry.resolved !== undefined) problems.push(`${path} is bound to ${entry.resolved}`);
    if (entry.version === undefined || entry.integrity === undefined) {
      problems.push(`${path} lacks its version or its integrity`);
    }
  }
  return problems;
}

/**
 * The entry that Node would find for `name` from the package at `path`.
 *
 * @param {Record<string, LockedPackage>} packages
 * @param {string} path
 * @param {string} name
 */
function find(packages, path, name) {
  for (let folder = path; ; folder = parent(folder)) {
    const entry =
      packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (entry !== undefined || folder === '') return entry;
  }
}

/** @param {string} path */
function parent(path) {
  return path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url);
  const problems = lockProblems(JSON.parse(readFileSync(file, 'utf8')));
  for (const problem of problems) console.error(`package-lock.json: ${problem}`);
  if (problems.length > 0) {
    const remedy =
      'npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved';
    console.error(`\nMake it anew: remove package-lock.json, then "${remedy}".`);
    process.exitCode = 1;
  }
}
