// @ts-check
// Checks what programs import: the package's exports, its types, and that no public name changes
// by mistake.
//
//   node scripts/check-api.mjs            # says what is wrong
//   node scripts/check-api.mjs --write    # accepts the public names as they are now
//
// It looks at dist/, which has to be current.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join('docs', 'reference', 'api');
/** What is imported, and the page that lists its names. */
const DOORS = [
  { entry: 'index', report: 'signalbox.api.md' },
  { entry: 'testing', report: 'signalbox-testing.api.md' },
];

/**
 * What is wrong with the package as programs see it, a sentence each; empty where nothing is.
 *
 * @param {{ write?: boolean }} [options]
 * @returns {Promise<string[]>}
 */
export async function apiProblems({ write = false } = {}) {
  return [...(await exportProblems()), ...typeProblems(), ...DOORS.flatMap(reportProblems(write))];
}

async function exportProblems() {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
  return messages.map((message) => `publint: ${formatMessage(message, pkg) ?? message.code}`);
}

/** Whether every way of importing finds its types. */
function typeProblems() {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const args = [attw, '--pack', root, '--profile', 'esm-only', '--format', 'ascii', '--no-color'];
  // What is built is what is looked at: nothing is built anew for it.
  const env = { ...process.env, npm_config_ignore_scripts: 'true' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  return status === 0 ? [] : [`attw: ${stdout}${stderr}`];
}

/**
 * Compares the public names with those that the page lists.
 *
 * @param {boolean} write
 * @returns {(door: { entry: string; report: string }) => string[]}
 */
function reportProblems(write) {
  return ({ entry, report }) => {
    const page = join(root, reports, report);
    const { text, errors } = describe(entry, report);
    if (write) writeFileSync(page, text);
    const known = existsSync(page) ? readFileSync(page, 'utf8') : '';
    if (known === text) return errors;
    const remedy = `"node scripts/check-api.mjs --write" accepts that`;
    return [...errors, `${join(reports, report)}: the public names are others now; ${remedy}`];
  };
}

/**
 * The names of one entry with their types, as api-extractor writes them.
 *
 * @param {string} entry
 * @param {string} reportFileName
 */
function describe(entry, reportFileName) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-api-'));
  /** @type {string[]} */
  const errors = [];
  try {
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2023'],
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      types: ['node'],
      strict: true,
      skipLibCheck: true,
    };
    const file = join(root, 'dist', `${entry}.d.ts`);
    const overrideTsconfig = { compilerOptions, files: [file] };
    const silent = { default: { logLevel: ExtractorLogLevel.None } };
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: file,
        compiler: { overrideTsconfig },
        apiReport: {
          enabled: true,
          reportFileName,
          reportFolder: folder,
          reportTempFolder: join(folder, 'temp'),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: 'lf',
        messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(root, 'package.json'),
    });
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback(message) {
        message.handled = true;
        if (message.logLevel === ExtractorLogLevel.Error) errors.push(`${entry}: ${message.text}`);
      },
    });
    return { text: readFileSync(join(folder, reportFileName), 'utf8'), errors };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = await apiProblems({ write: process.argv.includes('--write') });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
