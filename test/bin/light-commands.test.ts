import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/', import.meta.url));
const HEAVY = ['@bufbuild/cel', 'fastify', 'yaml', 'zod'];

/** The packages that a file of the program loads with it, through whatever it imports. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(PROGRAM, file), 'utf8');
  for (const [, from = ''] of text.matchAll(/^(?:im|ex)port [^;]*?"([^"]+)";$/gm)) {
    if (from.startsWith('./')) packagesOf(from.slice('./'.length), seen);
    else seen.add(from);
  }
  return seen;
}

test.each(['main', 'connect', 'emit', 'status', 'proposals', 'decide', 'pause'])(
  'what only asks a daemon is soon ready: %s loads neither conditions nor files',
  (name) => {
    const packages = packagesOf(`${name}.js`);
    expect(packages.has('node:fs')).toBe(true);
    expect(HEAVY.filter((heavy) => packages.has(heavy))).toEqual([]);
  },
);

test('the daemon loads them, so that this would be seen', () => {
  expect(HEAVY.filter((heavy) => packagesOf('daemon.js').has(heavy))).toEqual(HEAVY);
});
