// @ts-check
// `npm test`: the static checks, then every test. Its last line is `N passed, N failed`.
//
// A static check counts as one; so does a test file that cannot be loaded. Nothing is skipped after
// a failure, so that one run tells everything that is wrong.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PURE_ROOMS } from './pure-rooms.mjs';
import { countReport, summaryLine } from './test-report.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
/** What takes longer than this hangs, also where the machine has much else to do. */
const CHECK_MS_MAX = 20 * 60_000;
const TESTS_MS_MAX = 120 * 60_000;

/** Each is a program of Node's, so that they run alike on every platform. */
const CHECKS = [
  { name: 'format', remedy: 'npm run format', argv: ['oxfmt/bin/oxfmt', '--check', '.'] },
  { name: 'lint', argv: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', argv: ['@typescript/native/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json'] },
  { name: 'unused code', argv: ['knip/bin/knip.js'] },
  { name: 'lock file', argv: ['../scripts/check-lock.mjs'] },
];

const pure = PURE_ROOMS.map((room) => `test/${room}/`);
/** What kills, measures, or counts what is in memory: each of its files has a process to itself. */
const ALONE = ['test/crash/', 'test/store/', 'test/runs/lane-registry.test.ts'];
const shared = [...pure, ...ALONE].flatMap((path) => [
  '--exclude',
  path.endsWith('/') ? `${path}**` : path,
]);
const results = [
  ...CHECKS.map(runCheck),
  runTests('the pure rooms, with coverage', ['--coverage', '--no-isolate', ...pure]),
  runTests('what shares a process', ['--no-isolate', ...shared]),
  runTests('what needs one to itself', ALONE),
];
const total = {
  passed: results.reduce((sum, { passed }) => sum + passed, 0),
  failed: results.reduce((sum, { failed }) => sum + failed, 0),
};
console.log(`\n${summaryLine(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** @param {{ name: string; remedy?: string; argv: string[] }} check */
function runCheck({ name, remedy, argv }) {
  const { status, seconds } = run(argv, CHECK_MS_MAX);
  const passed = status === 0;
  const advice = passed || remedy === undefined ? '' : `; "${remedy}" mends it`;
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name} (${seconds} s)${advice}\n`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1 };
}

/** @param {string} name @param {string[]} options */
function runTests(name, options) {
  console.log(`Tests: ${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = run(['vitest/vitest.mjs', 'run', ...reporters, ...options], TESTS_MS_MAX);
    const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
    return countReport(text === undefined ? undefined : JSON.parse(text), status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} argv @param {number} timeout */
function run(argv, timeout) {
  const [program = '', ...args] = argv;
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [join(modules, program), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' },
    timeout,
  });
  return { status, seconds: ((performance.now() - started) / 1_000).toFixed(1) };
}
