// @ts-check
// Packs the package, installs it in an empty project as a user would, and uses it.
//
//   node scripts/check-package.mjs
//
// It needs a registry to install from, so CI runs it and `npm test` does not.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What takes longer than this hangs. */
const STEP_MS_MAX = 5 * 60_000;
/** Our modules are in it twice: by themselves for the library, and bundled for the program. */
const TARBALL_BYTES_MAX = 1_900_000;
const INSTALLED_BYTES_MAX = 80_000_000;

const SHIPPED = [
  /^bin\/signalbox\.mjs$/,
  /^dist\/.+\.(js|d\.ts)$/,
  /^(package|signalbox\.schema|dist\/server\/answer-schemas)\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^examples\/playbooks\/playbooks\/[\w-]+\.yaml$/,
];
const NEEDED = [
  'bin/signalbox.mjs',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  'dist/server/answer-schemas.json',
  'dist/store/sqlite/worker.js',
  'dist/steps/tools/own/worker.js',
  'dist/testing.js',
  'dist/testing.d.ts',
  'signalbox.schema.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'examples/playbooks/playbooks/dead-letters.yaml',
];

const MANIFEST = { name: 'a-project', private: true, type: 'module' };
const CONFIGURATION = `flows:
  note: { on: thing.happened, steps: [{ emit: thing.noted }] }
`;
const PROGRAM = `import * as signalbox from 'signalbox';
const sources = { file: 'signalbox.yaml', env: {}, shapes: signalbox.builtInShapes };
const { configuration } = await signalbox.loadConfiguration(sources);
const options = { dataDirectory: 'own', mode: 'run', apply: true } as const;
const logger: signalbox.Logger = signalbox.silentLogger;
const box = configuration && (await signalbox.openSignalbox({ configuration, logger, ...options }));
const answer = await box?.emit({ type: 'thing.happened', source: 'a-project', data: '{}' });
await box?.stop();
if (answer?.kind !== 'accepted') throw new Error(JSON.stringify(answer));
`;
/** The same program twice, with types and without: each also runs what is built beside it. */
const BOX = `import { flow, signalbox, tool } from 'signalbox';
import { testbox } from 'signalbox/testing';
const greet = flow('greet', { on: 'user.created' }, (step) => [
  step.tool('text', 'compose', { name: '{payload.name}' }),
  step.emit('user.greeted', { text: '{text}' }),
]);
const compose = tool('compose', { input: { name: 'string' }, module: './compose.mjs' });
const box = await signalbox({ data: DATA });
box.tool(compose);
box.flow(greet);
await box.emit('user.created', { name: 'Ada' });
for await (const { data } of box.stream({ after: 0, type: 'user.greeted' })) {
  if (JSON.stringify(data) !== '{"text":"Dear Ada"}') throw new Error(JSON.stringify(data));
  break;
}
await box.stop();
const test = await testbox({ flows: [greet], tools: [compose], answers: { tool: 'Hi' } });
await test.emit('user.created', { name: 'Ada' });
const [run] = await test.runs();
if (run?.state !== 'succeeded') throw new Error(JSON.stringify(run));
await test.stop();
`;
const MODULE = 'export default ({ name }) => `Dear ${name}`;';
const COMPILE = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];

/**
 * What is wrong with a tarball, a sentence each; empty where nothing is.
 *
 * @param {{ files: readonly string[]; bytes: number }} tarball
 * @returns {string[]}
 */
export function tarballProblems({ files, bytes }) {
  return [
    ...NEEDED.filter((path) => !files.includes(path)).map((path) => `${path} is not in it`),
    ...files
      .filter((path) => !SHIPPED.some((shipped) => shipped.test(path)))
      .map((path) => `${path} is nothing for users`),
    ...(bytes > TARBALL_BYTES_MAX ? [`it has ${bytes} bytes, over ${TARBALL_BYTES_MAX}`] : []),
  ];
}

/**
 * Installs a new tarball in an empty project, and uses the command line and the library there.
 *
 * @param {string} folder an empty one
 * @returns {Promise<string[]>} what is wrong
 */
async function checkPackage(folder) {
  /** @type {[{ filename: string; size: number; version: string; files: { path: string }[] }]} */
  const [packed] = JSON.parse(run(root, ['npm', 'pack', '--json', '--pack-destination', folder]));
  const tarball = { files: packed.files.map(({ path }) => path), bytes: packed.size };
  console.log(`${packed.filename}: ${tarball.files.length} files, ${tarball.bytes} bytes`);

  writeFileSync(join(folder, 'package.json'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'signalbox.yaml'), CONFIGURATION);
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  mkdirSync(join(folder, 'own'));
  run(folder, ['npm', 'install', '--ignore-scripts', '--no-audit', join(folder, packed.filename)]);
  const modules = join(folder, 'node_modules');
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
  const bytes = bytesBelow(modules);
  console.log(`installed: ${Object.keys(packages).length} packages, ${bytes} bytes`);

  const problems = tarballProblems(tarball);
  if (bytes > INSTALLED_BYTES_MAX)
    problems.push(`${bytes} bytes were installed, over ${INSTALLED_BYTES_MAX}`);
  if (!run(folder, ['npx', 'signalbox', '--help']).includes('signalbox up'))
    problems.push('--help says something else');
  if (run(folder, ['npx', 'signalbox', 'version']).trim() !== packed.version)
    problems.push('version says another one');
  problems.push(...(await daemonProblems(folder)));
  const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  run(folder, [process.execPath, compiler, ...COMPILE, 'program.ts']);
  run(folder, [process.execPath, 'program.js']);
  writeFileSync(join(folder, 'compose.mjs'), MODULE);
  writeFileSync(join(folder, 'box.ts'), BOX.replace('DATA', `'typed'`));
  writeFileSync(join(folder, 'plain.mjs'), BOX.replace('DATA', `'plain'`));
  run(folder, [process.execPath, compiler, ...COMPILE, 'box.ts']);
  for (const program of ['box.js', 'plain.mjs']) run(folder, [process.execPath, program]);
  return problems;
}

/** @param {string} folder */
async function daemonProblems(folder) {
  const main = join(folder, 'node_modules', 'signalbox', 'bin', 'signalbox.mjs');
  const daemon = spawn(process.execPath, [main, 'up', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: STEP_MS_MAX,
  });
  const exit = once(daemon, 'exit');
  const problems = ['up never said that it is ready'];
  for await (const line of createInterface(daemon.stdout)) {
    if (JSON.parse(line).url !== undefined) problems.pop();
    daemon.kill('SIGTERM');
  }
  const [code] = await exit;
  return code === 0 ? problems : [...problems, `up ended with ${code}`];
}

/**
 * @param {string} folder
 * @param {readonly string[]} argv
 */
function run(folder, [program = '', ...argv]) {
  const result = spawnSync(program, argv, { cwd: folder, encoding: 'utf8', timeout: STEP_MS_MAX });
  if (result.error) throw result.error;
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout}${result.stderr}`.trim();
  throw new Error(`"${[program, ...argv].join(' ')}" ended with ${result.status}: ${said}`);
}

/** @param {string} folder */
function bytesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce(
    (sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size,
    0,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'));
  try {
    const problems = await checkPackage(folder);
    for (const problem of problems) console.error(`the package: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
