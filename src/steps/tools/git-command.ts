import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Command, CommandEnd, Processes } from '../../std/command.ts';
import { SignalboxError, RetryableError } from '../../std/errors.ts';
import { shown } from '../written-value.ts';
import { isOutside } from './confinement.ts';

/** Bytes that one answer of git may have. */
export const GIT_BYTES_MAX = 1_048_576;
const STDERR_BYTES_MAX = 4_096;
/** Names of filters that a repository may have: each is switched off by its name. */
const FILTERS_MAX = 1_000;

/**
 * What no repository may turn on: whatever would run a program, ask a network, or change a file.
 * The command line outranks the repository's own configuration.
 */
const OVERRIDES: readonly string[] = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.attributesFile=/dev/null',
  'core.sshCommand=false',
  'core.askPass=false',
  'credential.helper=',
  'protocol.allow=never',
  'protocol.ext.allow=never',
  'safe.bareRepository=explicit',
  'submodule.recurse=false',
  'status.submoduleSummary=false',
  'diff.external=',
  'diff.submodule=short',
  'diff.noprefix=false',
  'diff.mnemonicPrefix=false',
  'gpg.program=false',
  'gpg.ssh.program=false',
  'gpg.x509.program=false',
  'log.showSignature=false',
  'log.mailmap=false',
];

/** What git gets of the daemon's environment. */
const INHERITED: readonly string[] = ['PATH', 'HOME', 'LANG', 'TMPDIR'];
const ENVIRONMENT: Command['environment'] = {
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_ASKPASS: 'false',
  GIT_EDITOR: 'false',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  GIT_SSH_COMMAND: 'false',
  GIT_TERMINAL_PROMPT: '0',
};

/** Where git looks, and how it is run. */
export interface GitOptions {
  readonly processes: Processes;
  /** The daemon's own environment. */
  readonly environment: { readonly [name: string]: string | undefined };
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** What git is asked, and about which paths: about all of the project where none is named. */
export interface GitQuestion {
  readonly args: readonly string[];
  readonly paths: readonly string[];
}

/**
 * What git prints, asked in a way that runs nothing of the repository's: no hook, filter, monitor,
 * pager, driver or helper.
 *
 * @throws SignalboxError `git.missing`, `git.no_repository`, `git.refused`, `tool.too_large`.
 * @throws RetryableError where git was interrupted.
 */
export async function askGit(question: GitQuestion, options: GitOptions): Promise<string> {
  const settings = await filterSettings(options);
  const below = await placeInside(options, settings);
  // A path leaves out commits that change nothing there, merges too: of the whole there is none.
  const paths = question.paths.length > 0 || below === '' ? question.paths : ['.'];
  const { args } = question;
  return printed(await run([...args, '--', ...paths], options, settings), args[0] ?? '');
}

interface Settings {
  readonly [name: string]: string;
}

/**
 * A filter is run by its name wherever an attribute says so, also to tell whether a file differs.
 * So each that any configuration names is given nothing to run.
 */
async function filterSettings(options: GitOptions): Promise<Settings> {
  const args = ['config', '--null', '--name-only', '--get-regexp', '^filter\\.'];
  const end = await run(args, options, {});
  // 1: there are none.
  if (end.kind === 'exited' && end.code === 1) return {};
  const keys = printed(end, 'config').split('\0').filter(Boolean);
  const names = [...new Set(keys.map((key) => key.slice(0, key.lastIndexOf('.'))))];
  if (names.length > FILTERS_MAX) {
    const message = `The repository has over ${FILTERS_MAX} filters. Look at its configuration.`;
    throw new SignalboxError('git.refused', message);
  }
  const off = names.flatMap((name) => [
    [`${name}.clean`, ''],
    [`${name}.smudge`, ''],
    [`${name}.process`, ''],
    [`${name}.required`, 'false'],
  ]);
  const settings = off.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(off.length), ...Object.fromEntries(settings) };
}

/**
 * Where in the repository's files the project is. A repository may say that its files are
 * elsewhere: then it is not the project's.
 */
async function placeInside(options: GitOptions, settings: Settings): Promise<string> {
  const end = await run(['rev-parse', '--show-toplevel'], options, settings);
  const top = printed(end, 'rev-parse').replace(/\n$/, '');
  const way = relative(await realpath(top), await realpath(options.directory));
  if (!isOutside(way)) return way;
  const reason = `The repository says that its files are in "${shown(top)}"`;
  throw new SignalboxError('git.refused', `${reason}. Correct core.worktree.`);
}

function run(
  args: readonly string[],
  { processes, environment, directory, signal }: GitOptions,
  settings: Settings,
): Promise<CommandEnd> {
  const inherited = INHERITED.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const overrides = OVERRIDES.flatMap((each) => ['-c', each]);
  return processes.run({
    argv: ['git', '--no-pager', '--no-optional-locks', ...overrides, ...args],
    directory,
    environment: { ...Object.fromEntries(inherited), ...ENVIRONMENT, ...settings },
    stdoutBytesMax: GIT_BYTES_MAX,
    stderrBytesMax: STDERR_BYTES_MAX,
    signal,
  });
}

/** @throws SignalboxError for whatever is no answer. */
function printed(end: CommandEnd, what: string): string {
  if (end.kind === 'unstarted') {
    if (end.reason !== 'not_found') {
      throw new RetryableError(`git could not be started: ${end.reason.replaceAll('_', ' ')}.`);
    }
    throw new SignalboxError('git.missing', 'There is no git on the PATH. Install it.');
  }
  if (end.kind === 'killed') throw new RetryableError(`git ${what} was stopped before its end.`);
  const { bytes, bytesPrinted } = end.stdout;
  if (end.code !== 0) throw refusal(String(end.stderr.bytes), what);
  if (bytesPrinted <= bytes.length) return String(bytes);
  const reason = `git ${what} gives more than ${GIT_BYTES_MAX} bytes`;
  throw new SignalboxError('tool.too_large', `${reason}. Ask for fewer, by path or max.`);
}

function refusal(said: string, what: string): SignalboxError {
  const line = said.trim().split('\n')[0] ?? '';
  if (line.includes('not a git repository') || line.includes('cannot use bare repository')) {
    const message = 'The project is in no git repository that may be looked at. Make one there.';
    return new SignalboxError('git.no_repository', message);
  }
  return new SignalboxError('git.refused', `git ${what} says: ${shown(line) || 'nothing'}.`);
}
