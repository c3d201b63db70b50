import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';

const ROOT = dirname(import.meta.dirname);
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const THREAD = /(new URL\('[\w./-]*worker\.js', )import\.meta\.url\)/g;

/**
 * Sends threads, and the processes of tools, to what was built of them: they start with a file of
 * JavaScript, whoever starts them.
 */
export const builtThreads: Plugin = {
  name: 'built-threads',
  enforce: 'pre',
  transform(code, id) {
    if (!id.startsWith(SRC) || !THREAD.test(code)) return undefined;
    const built = pathToFileURL(join(DIST, relative(SRC, id)));
    return { code: code.replaceAll(THREAD, `$1${JSON.stringify(built.href)})`), map: null };
  },
};
