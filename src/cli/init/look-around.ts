import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { AGENTS, COMMITS_FILE, GIT_ABOVE, type Looked, SCHEMA_PATH } from './project.ts';

/** Folders whose names tell something too, beside those of the folder itself. */
const FOLDERS = ['.github/workflows', '.gitea/workflows', '.forgejo/workflows', '.circleci'];
/** Files whose texts say how a project is tested. */
const TEXT_FILES = [
  'package.json',
  'pyproject.toml',
  'setup.cfg',
  'requirements.txt',
  'requirements-dev.txt',
  'pytest.ini',
  'tox.ini',
  'Makefile',
];
/** A longer file is not looked into. */
const TEXT_BYTES_MAX = 1_048_576;
/** How many names of one folder are taken. */
const NAMES_MAX = 10_000;

/** Looks at a folder and at the programs on `searchPath`. Runs nothing, and never throws. */
export function lookAround(folder: string, searchPath: string): Looked {
  const paths = new Set(listing(folder, ''));
  for (const inner of FOLDERS) {
    for (const path of listing(join(folder, inner), `${inner}/`)) paths.add(path);
  }
  if (hasRepositoryAbove(folder)) paths.add(GIT_ABOVE);
  for (const path of [COMMITS_FILE, SCHEMA_PATH]) {
    if (existsSync(join(folder, path))) paths.add(path);
  }
  const texts = new Map<string, string>();
  for (const name of TEXT_FILES) {
    const text = paths.has(name) ? readText(join(folder, name)) : undefined;
    if (text !== undefined) texts.set(name, text);
  }
  return { paths, texts, programs: new Set(AGENTS.filter((name) => isOnPath(name, searchPath))) };
}

function listing(folder: string, prefix: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).slice(0, NAMES_MAX);
    return entries.map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`);
  } catch {
    return [];
  }
}

function hasRepositoryAbove(folder: string): boolean {
  for (let at = dirname(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (at === dirname(at)) return false;
  }
}

function readText(file: string): string | undefined {
  try {
    const stats = statSync(file);
    // Reading a pipe or a device might never end.
    if (!stats.isFile() || stats.size > TEXT_BYTES_MAX) return undefined;
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isOnPath(program: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((folder) => {
    try {
      const file = join(folder, program);
      accessSync(file, constants.X_OK);
      return folder !== '' && statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
