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

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
/** What takes longer than this hangs. */
const CHECK_MS_MAX = 5 * 60_000;
const TESTS_MS_MAX = 30 * 60_000;

/** Each is a program of Node's, so that they run alike on every platform. */
const CHECKS = [
  { name: 'format', remedy: 'npm run format', argv: ['oxfmt/bin/oxfmt', '--check', '.'] },
  { name: 'lint', argv: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', argv: ['@typescript/native/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json'] },
  { name: 'unused code', argv: ['knip/bin/knip.js'] },
  { name: 'lock file', argv: ['../scripts/check-lock.mjs'] },
];

/** The rooms that only compute run by themselves, as their coverage is measured. */
const PURE_TESTS = ['test/std/', 'test/events/'];

const total = { passed: 0, failed: 0 };
for (const check of CHECKS) count(runCheck(check));
count(runTests('the pure rooms, with coverage', ['--coverage', ...PURE_TESTS]));
const others = PURE_TESTS.flatMap((folder) => ['--exclude', `${folder}**`]);
count(runTests('all other tests', others));

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** @param {{ passed: number, failed: number }} result */
function count({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}

/** @param {{ name: string, remedy?: string, argv: string[] }} check */
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
    return readReport(report, status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @param {boolean} succeeded */
function readReport(file, succeeded) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  /** @type {{ status: string, assertionResults: unknown[] }[]} */
  const files = report.testResults;
  const broken = files.filter(
    (each) => each.status === 'failed' && each.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + broken.length;
  // Coverage below its threshold and errors outside of any test show in the exit code alone.
  return { passed: report.numPassedTests, failed: failed === 0 && !succeeded ? 1 : failed };
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
