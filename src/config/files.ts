import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../flows/catalog.ts';
import { FILE_ENDINGS } from '../flows/file-endings.ts';
import { isScenario } from '../flows/parse.ts';
import { readDocument } from '../flows/parse/document.ts';
import { hasFrontMatter } from '../flows/parse/front-matter.ts';
import type { Problem } from '../flows/problem.ts';
import type { Finding } from '../std/diagnostics.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { CONFIGURATION_NAMES } from './home.ts';
import { readFileChain } from './profiles.ts';

const FLOWS_FOLDER = 'flows';
/** Folders that are named after what mostly lies in them; other things may lie there too. */
const KIND_FOLDERS = ['choreographies', 'playbooks', 'tools'] as const;
/** The folders in which further files of a configuration lie. */
export const PART_FOLDERS: readonly string[] = [FLOWS_FOLDER, ...KIND_FOLDERS];
/** What the first key of a file in these folders may be. */
const FIRST_KEYS: ReadonlySet<string> = new Set([
  'choreography',
  'flows',
  'handlers',
  'playbook',
  'sources',
  'tool',
]);
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

export interface FilesOptions {
  /** The absolute folder of the configuration. */
  readonly directory: string;
  /** The configuration file, relative to the folder. */
  readonly main: string;
  /** What stands in place of it. */
  readonly text?: string | undefined;
  /** The profile that is laid over it; then the file itself may be absent. */
  readonly profile?: string | undefined;
  /** Files of flows, relative to the folder, instead of those in its folders. */
  readonly further?: readonly string[] | undefined;
}

/**
 * Reads a configuration file with the profiles that take part, the strongest first, and the files
 * of flows beside it, without scenarios.
 *
 * Never throws: where the configuration file itself cannot be read, there are no files.
 */
export async function readConfigurationFiles(options: FilesOptions): Promise<ReadFiles> {
  const { directory, profile, further, main } = options;
  const findings: Finding[] = [];
  const read = async (path: string): Promise<string | undefined> => {
    if (path === main && options.text !== undefined) return options.text;
    try {
      return await readText(join(directory, path));
    } catch (error) {
      findings.push(findingAt(path, readProblem(path, error)));
      return undefined;
    }
  };
  const isOptional = profile !== undefined && !existsSync(join(directory, main));
  const chain = await readFileChain(
    { directory, main: isOptional ? undefined : main, profile, read },
    findings,
  );
  // The empty profile over no file is no configuration.
  if (chain.length === 0 && findings.length === 0) await read(main);
  if (chain.length === 0) return { files: [], findings };
  const files = [...chain];
  for (const path of further ?? (await listFlows(directory, findings))) {
    const text = await read(path);
    if (text !== undefined && isPart({ path, text })) files.push({ path, text });
  }
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (length > TEXT_LENGTH_MAX) {
    const message = `the files have ${length} characters together, over ${TEXT_LENGTH_MAX}`;
    findings.push(findingAt(main, { code: 'config.limit', message }));
  }
  return { files, findings };
}

async function listFlows(directory: string, findings: Finding[]): Promise<string[]> {
  const listed: string[] = [];
  for (const folder of PART_FOLDERS) {
    const names = await readdir(join(directory, folder)).catch((error: unknown) => {
      if (!isAbsent(error)) findings.push(findingAt(folder, readProblem(folder, error)));
      return [];
    });
    const read = names.filter((name) => !name.startsWith('.') && hasEnding(name)).toSorted();
    if (read.length > FILES_MAX) {
      const message = `${folder}/ has ${read.length} files, over ${FILES_MAX}; join some`;
      findings.push(findingAt(folder, { code: 'config.limit', message }));
    }
    listed.push(...read.slice(0, FILES_MAX).map((name) => `${folder}/${name}`));
  }
  return listed;
}

function hasEnding(name: string): boolean {
  return FILE_ENDINGS.some((ending) => name.endsWith(ending));
}

/**
 * Whether a file beside the configuration is a part of it. In `flows/` all are but scenarios and
 * Markdown that is only text; elsewhere what a file is, its first key says.
 */
function isPart(file: SourceFile): boolean {
  const { path, text } = file;
  if (path.endsWith('.md') && !hasFrontMatter(text)) return false;
  if (isScenario(text)) return false;
  if (!KIND_FOLDERS.some((folder) => path.startsWith(`${folder}/`))) return true;
  const { root } = readDocument(file);
  const [first] = root?.kind === 'mapping' ? root.entries.keys() : [];
  return first !== undefined && FIRST_KEYS.has(first);
}

async function readText(path: string): Promise<string> {
  const stats = assertFile(await stat(path));
  const { size } = stats;
  const writer = writerBeside(stats);
  if (writer !== undefined) throw new OpenToOthers(writer);
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

/** The file can be changed by somebody whose commands we would then run. */
class OpenToOthers extends Error {}

/**
 * Who else may write a file, where that is not its owner alone. On many systems each user has a
 * group of their own, by the same number, and files are open to it: that is nobody else.
 */
function writerBeside({ mode, uid, gid }: Pick<Stats, 'mode' | 'uid' | 'gid'>): string | undefined {
  if (process.getuid === undefined) return undefined;
  if ((mode & 0o002) !== 0) return 'everybody';
  return (mode & 0o020) !== 0 && gid !== uid ? `the group ${gid}` : undefined;
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
  if (error instanceof OpenToOthers) {
    const remedy = 'and so say what the daemon runs; take that from them: chmod go-w';
    return { code: 'config.unsafe', message: `${error.message} may write ${path}, ${remedy}` };
  }
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

/**
 * The configuration file of a folder.
 *
 * @throws SignalboxError `config.missing` where it holds none.
 */
export async function findConfiguration(directory: string): Promise<string> {
  const names = await readdir(directory).catch((): string[] => []);
  const name = CONFIGURATION_NAMES.find((candidate) => names.includes(candidate));
  if (name !== undefined) return join(directory, name);
  const remedy = 'Create it there, or name a file with --config.';
  const message = `There is no ${CONFIGURATION_NAMES.join(', ')} in ${directory}. ${remedy}`;
  throw new SignalboxError('config.missing', message);
}
