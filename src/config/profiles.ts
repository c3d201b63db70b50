import { access, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { SourceFile } from '../flows/catalog.ts';
import { baseOf, PROFILE_FOLDERS } from '../flows/parse/chain.ts';
import { FILE_ENDINGS } from '../flows/file-endings.ts';
import { type Finding, suggestion } from '../std/diagnostics.ts';

/** The profile that is always there: it says nothing, so that others can extend it. */
const EMPTY_PROFILE = 'dev';
/** How many files may be laid over one another. */
const CHAIN_MAX = 16;

export interface ChainOptions {
  /** The folder of the configuration. */
  readonly directory: string;
  /** The configuration file, relative to it; undefined where there is none. */
  readonly main: string | undefined;
  /** A profile to lay over it. */
  readonly profile: string | undefined;
  /** The text of a file, relative to the folder; undefined where that is told as a finding. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/**
 * The files that are laid over one another, the strongest first: the profile with what it extends,
 * then the configuration file with what that extends.
 */
export async function readFileChain(
  options: ChainOptions,
  findings: Finding[],
): Promise<SourceFile[]> {
  const { profile, main, directory } = options;
  const files: SourceFile[] = [];
  if (profile !== undefined) {
    const path = await findProfile(directory, profile);
    if (path !== undefined) await follow(path, files, { ...options, findings });
    else if (profile !== EMPTY_PROFILE) {
      const place = { file: PROFILE_FOLDERS[0], line: 1, column: 1 };
      findings.push({ ...place, ...(await missing(directory, profile)) });
    }
  }
  if (main !== undefined) await follow(main, files, { ...options, findings });
  return files;
}

/** Adds a file and what it extends, each file once. */
async function follow(
  start: string,
  files: SourceFile[],
  { directory, read, findings }: ChainOptions & { readonly findings: Finding[] },
): Promise<void> {
  const met: string[] = [];
  for (let path: string | undefined = start; path !== undefined;) {
    met.push(path);
    // What a profile extends, the configuration file may extend too: it is there already.
    if (files.some((file) => file.path === path)) return;
    const text = await read(path);
    if (text === undefined) return;
    const file: SourceFile = { path, text };
    files.push(file);
    const base = baseOf(file);
    if (base === undefined) return;
    const next = await findProfile(directory, base.name);
    const problem = await problemOf(base.name, next, { directory, met, files });
    if (problem !== undefined) {
      findings.push({ ...problem, file: path, ...base.place(base.at) });
      return;
    }
    path = next;
  }
}

type Problem = Pick<Finding, 'severity' | 'code' | 'message'>;

/** Why the file of a profile cannot be laid under those that are there. */
async function problemOf(
  name: string,
  path: string | undefined,
  {
    directory,
    met,
    files,
  }: { directory: string; met: readonly string[]; files: readonly unknown[] },
): Promise<Problem | undefined> {
  if (path === undefined) return name === EMPTY_PROFILE ? undefined : missing(directory, name);
  if (met.includes(path)) return circle(met, path);
  if (files.length < CHAIN_MAX) return undefined;
  const message = `more than ${CHAIN_MAX} files extend one another; join some`;
  return { severity: 'error', code: 'config.limit', message };
}

function circle(met: readonly string[], next: string): Problem {
  const round = [...met.slice(met.indexOf(next)), next].join(' -> ');
  const message = `what is extended comes back to where it began: ${round}; remove one "extends"`;
  return { severity: 'error', code: 'config.cycle', message };
}

async function missing(directory: string, name: string): Promise<Problem> {
  const folders = PROFILE_FOLDERS.map((folder) => `${folder}/`).join(' or ');
  const tail = suggestion(name, await profileNames(directory)) || '; create it';
  const message = `there is no profile "${name}" in ${folders}${tail}`;
  return { severity: 'error', code: 'config.missing', message };
}

async function profileNames(directory: string): Promise<string[]> {
  const listed = await Promise.all(
    PROFILE_FOLDERS.map((folder) => readdir(join(directory, folder)).catch((): string[] => [])),
  );
  const names = listed.flat().map((name) => basename(name, extname(name)));
  return [...names, EMPTY_PROFILE];
}

/** Markdown is what profiles are mostly written in. */
const ENDINGS = ['.md', ...FILE_ENDINGS.filter((ending) => ending !== '.md')];

async function findProfile(directory: string, name: string): Promise<string | undefined> {
  // A name has no path in it, whoever gives it.
  if (!/^\w[\w.-]*$/.test(name)) return undefined;
  for (const folder of PROFILE_FOLDERS) {
    for (const ending of ENDINGS) {
      const path = `${folder}/${name}${ending}`;
      const isThere = await access(join(directory, path)).then(
        () => true,
        () => false,
      );
      if (isThere) return path;
    }
  }
  return undefined;
}
