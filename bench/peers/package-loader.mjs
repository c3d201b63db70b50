// @ts-check
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * A package of bench/peers/package.json. Not imported by name, because it need not be installed,
 * and the project neither depends on it nor knows its types.
 *
 * @param {string} name
 */
export function loadPackage(name) {
  return import(name);
}

/**
 * Whether `npm ci` in bench/peers has put the package there.
 *
 * @param {string} name
 */
export function isInstalled(name) {
  return existsSync(join(folder, 'node_modules', name, 'package.json'));
}

/**
 * A Node of version 22 or later, which some peers need: this one, or the one installed beside them.
 *
 * @returns {string | undefined}
 */
export function findRecentNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const name = `node-${process.platform}-${process.arch}/package.json`;
  try {
    const package_ = createRequire(join(folder, 'package.json')).resolve(name);
    return join(package_, '..', 'bin', 'node');
  } catch {
    return undefined;
  }
}
