// @ts-check
// Takes the modules of what starts as a process or a thread of its own together in few files, so
// that a start opens few: see docs/decisions/0010-bundled-program.md.
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The program. What a command imports when it is called stays in a file of its own. */
const PROGRAM = 'cli/main';
/** What threads start with (src/signalbox/threads.ts): one file each, where it stood. */
const THREADS = ['store/sqlite/worker', 'routing/hooks/worker'];
/** Installed packages stay where npm puts them, so that their licences and updates are seen. */
const isInstalled = /^(?![./])(?!\w:)/;

/**
 * Bundles into `dist`, where the compiler has put every module.
 *
 * @param {string} dist
 */
export async function bundle(dist) {
  const folder = dirname(join(dist, PROGRAM));
  const draft = join(dist, '.program');
  await write(PROGRAM, { dir: draft, entryFileNames: 'main.js', chunkFileNames: '[name].js' });
  rmSync(folder, { recursive: true });
  renameSync(draft, folder);
  await Promise.all(THREADS.map((name) => write(name, { file: join(dist, `${name}.js`) })));
}

/** @param {string} name @param {import('rolldown').OutputOptions} output */
async function write(name, output) {
  const input = join(root, 'src', `${name}.ts`);
  const build = await rolldown({ input, external: isInstalled, platform: 'node' });
  try {
    await build.write({ format: 'esm', sourcemap: true, ...output });
  } finally {
    await build.close();
  }
}
