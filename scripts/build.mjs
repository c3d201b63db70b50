// @ts-check
// Compiles src/ into dist/ with the TypeScript compiler, when src/ has changed since, and bundles
// what starts as a process or a thread of its own.
//
//   node scripts/build.mjs
//
// dist/ is replaced whole or not at all: a compiler error leaves the last good one in place.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
/** The JSON Schema of configurations, for editors: where their files name it. */
const schema = join(root, 'signalbox.schema.json');
/** Inside dist/: what its sources were when it was made, and whether their types were checked. */
const STAMP = '.stamp';

/**
 * Makes dist/ current and says whether there was anything to do.
 *
 * With `checkTypes: false` it only translates, for tests, which have the types checked once beside
 * them.
 *
 * Rejects with the compiler's findings.
 */
export async function build({ checkTypes = true } = {}) {
  const stamp = fingerprint();
  const last = readStamp();
  const isCurrent = last === `${stamp} checked` || (!checkTypes && last === `${stamp} unchecked`);
  if (isCurrent && existsSync(schema)) return false;

  const next = join(root, `.dist-${process.pid}`);
  try {
    compile(next, checkTypes);
    // Loaded only where there is something to bundle: most commands find nothing to build.
    const { bundle } = await import('./bundle.mjs');
    await bundle(next);
    markExecutable(join(next, 'cli', 'main.js'));
    writeFileSync(join(next, STAMP), `${stamp} ${checkTypes ? 'checked' : 'unchecked'}`);
    const draft = join(next, 'schema.json');
    writeFileSync(draft, schemaOf(next));
    renameSync(draft, schema);
    replace(next);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
  return true;
}

/** @param {string} outDir @param {boolean} checkTypes */
function compile(outDir, checkTypes) {
  // Started through node itself: no shell, and the same on every platform.
  const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  if (!existsSync(compiler)) throw new Error('The compiler is not installed; run "npm ci" first.');
  const args = [compiler, '-p', 'tsconfig.json', '--outDir', outDir, '--pretty', 'false'];
  if (!checkTypes) args.push('--noCheck');
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`.trimEnd());
}

/**
 * The schema that the compiled code makes of itself.
 *
 * @param {string} outDir
 */
function schemaOf(outDir) {
  const made = pathToFileURL(join(outDir, 'config', 'editor', 'schema.js')).href;
  const program = `import { editorSchema } from ${JSON.stringify(made)};
    process.stdout.write(JSON.stringify(editorSchema()) + '\\n');`;
  const args = ['--input-type=module', '--eval', program];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`No schema for editors: ${result.stderr}`);
  return result.stdout;
}

/** @param {string} file */
function markExecutable(file) {
  if (existsSync(file)) chmodSync(file, 0o755);
}

/** @param {string} next */
function replace(next) {
  const old = join(root, `.dist-${process.pid}-old`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

/** Changes with every file added, removed, renamed or edited, and with how they are built. */
function fingerprint() {
  const hash = createHash('sha256');
  const found = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = found.map((path) => join('src', path));
  const how = ['tsconfig.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/bundle.mjs'];
  for (const path of [...sources, ...how].toSorted()) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp() {
  const file = join(dist, STAMP);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error('\nNot built: dist/ is as it was. Correct the errors above.');
    process.exitCode = 1;
  }
}
