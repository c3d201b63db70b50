import { readFileSync, type Stats, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SourceFile } from '../flows/catalog.ts';
import { isScenario } from '../flows/parse.ts';
import type { Problem } from '../flows/problem.ts';
import type { Finding } from '../std/diagnostics.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';

const FLOWS_FOLDER = 'flows';
/** How many files a configuration may have. */
const FILES_MAX = 1_000;
/** How large one of them may be, in bytes: more than any text that is short enough. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How long they may be together, in characters: one record of the log holds them all. */
const TEXT_LENGTH_MAX = 4 * 1024 * 1024;
/** How large a file may be that `${file:PATH}` names, in bytes. */
const VARIABLE_BYTES_MAX = 65_536;

/** The files of a configuration, and why some could not be read. */
export interface ReadFiles {
  readonly files: readonly SourceFile[];
  readonly findings: readonly Finding[];
}

/**
 * Reads a configuration file and the files of flows beside it, without scenarios.
 *
 * `further` names the latter, relative to the folder; without it they are those in `flows/`. Never
 * throws: where the configuration file itself cannot be read, there are no files.
 */
export async function readConfigurationFiles(
  file: string,
  further: readonly string[] | undefined,
): Promise<ReadFiles> {
  const [main, directory] = [basename(file), dirname(file)];
  const findings: Finding[] = [];
  const files: SourceFile[] = [];
  const read = async (path: string): Promise<void> => {
    try {
      files.push({ path, text: await readText(join(directory, path)) });
    } catch (error) {
      findings.push(findingAt(path, readProblem(path, error)));
    }
  };
  await read(main);
  if (files.length === 0) return { files, findings };
  for (const path of further ?? (await listFlows(directory, findings))) await read(path);
  const kept = files.filter(({ path, text }) => path === main || !isScenario(text));
  const length = kept.reduce((sum, { text }) => sum + text.length, 0);
  if (length > TEXT_LENGTH_MAX) {
    const message = `the files have ${length} characters together, over ${TEXT_LENGTH_MAX}`;
    findings.push(findingAt(main, { code: 'config.limit', message }));
  }
  return { files: kept, findings };
}

async function listFlows(directory: string, findings: Finding[]): Promise<string[]> {
  const names = await readdir(join(directory, FLOWS_FOLDER)).catch((error: unknown) => {
    if (!isAbsent(error)) findings.push(findingAt(FLOWS_FOLDER, readProblem(FLOWS_FOLDER, error)));
    return [];
  });
  const listed = names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
  if (listed.length > FILES_MAX) {
    const message = `${FLOWS_FOLDER}/ has ${listed.length} files, over ${FILES_MAX}; join some`;
    findings.push(findingAt(FLOWS_FOLDER, { code: 'config.limit', message }));
  }
  return listed.slice(0, FILES_MAX).map((name) => `${FLOWS_FOLDER}/${name}`);
}

async function readText(path: string): Promise<string> {
  const { size } = assertFile(await stat(path));
  if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, over ${FILE_BYTES_MAX}`);
  return decode(await readFile(path));
}

/**
 * The text of a file that `${file:PATH}` names.
 *
 * @throws Error where it is no file, is too large, cannot be read, or is not UTF-8.
 */
export function readVariableFile(path: string): string {
  const { size } = assertFile(statSync(path));
  if (size > VARIABLE_BYTES_MAX)
    throw new Error(`it has ${size} bytes, over ${VARIABLE_BYTES_MAX}`);
  return decode(readFileSync(path));
}

/** Reading a pipe or a device might never end. */
function assertFile(stats: Stats): Stats {
  if (stats.isFile()) return stats;
  throw new Error('it is no file');
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function readProblem(path: string, error: unknown): Problem {
  if (isAbsent(error)) {
    return {
      code: 'config.missing',
      message: `there is no file ${path}; create it, or name another`,
    };
  }
  return { code: 'config.unreadable', message: `${path} cannot be read: ${messageOf(error)}` };
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function findingAt(file: string, { code, message }: Problem): Finding {
  return { severity: 'error', code, message, file, line: 1, column: 1 };
}

const FILE_NAMES = ['signalbox.yaml', 'signalbox.yml'];

/**
 * The configuration file of a folder.
 *
 * @throws SignalboxError `config.missing` where it holds none.
 */
export async function findConfiguration(directory: string): Promise<string> {
  const names = await readdir(directory).catch((): string[] => []);
  const name = FILE_NAMES.find((candidate) => names.includes(candidate));
  if (name !== undefined) return join(directory, name);
  const remedy = 'Create it there, or name a file with --config.';
  const message = `There is no ${FILE_NAMES.join(' or ')} in ${directory}. ${remedy}`;
  throw new SignalboxError('config.missing', message);
}
