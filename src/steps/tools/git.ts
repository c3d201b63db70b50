import type { StepContext, StepResult } from '../../runs/step-kind.ts';
import type { Processes } from '../../std/command.ts';
import { SignalboxError, RetryableError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import { askGit, type GitOptions } from './git-command.ts';
import { LOG_FORMAT, logText, readLog, readStatus } from './git-output.ts';
import { COMMITS_DEFAULT, gitShape } from './git-shape.ts';
import type { Tool } from './tool.ts';

interface GitToolOptions {
  readonly processes: Processes;
  /** The daemon's own environment. */
  readonly environment: { readonly [name: string]: string | undefined };
}

/** Looks at the project's repository by the system's git, and runs nothing that it holds. */
export function gitTool(options: GitToolOptions): Tool {
  return {
    shape: gitShape,
    run: async (action, { directory, signal }: StepContext, input): Promise<StepResult> => {
      try {
        const output = await act(action, input, { ...options, directory, signal });
        return { kind: 'done', output };
      } catch (error) {
        if (!(error instanceof SignalboxError) || error instanceof RetryableError) throw error;
        const { code, message } = error;
        return { kind: 'fail', error: { code, message, happened: 'no' } };
      }
    },
  };
}

interface DiffInput {
  readonly ref?: string;
  readonly staged?: boolean;
  readonly path?: string | readonly string[];
}

interface LogInput extends Pick<DiffInput, 'ref' | 'path'> {
  readonly since?: string;
  readonly until?: string;
  readonly max?: number;
  readonly format?: 'text' | 'list';
}

/** The registry has checked the input by the action's schema. */
function act(action: string, input: Json, git: GitOptions): Promise<Json> {
  switch (action) {
    case 'status':
      return status(input as Json & DiffInput, git);
    case 'diff':
      return diff(input as Json & DiffInput, git);
    default:
      return log(input as Json & LogInput, git);
  }
}

async function status({ path }: DiffInput, git: GitOptions): Promise<Json> {
  const args = ['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all'];
  return readStatus(await askGit({ args: [...args, ...IGNORING], paths: pathsOf(path) }, git));
}

async function diff({ ref, staged = false, path }: DiffInput, git: GitOptions): Promise<Json> {
  const args = ['diff', ...DIFF_FLAGS, ...(staged ? ['--cached'] : []), ...IGNORING];
  return askGit({ args: [...args, ...refOf(ref)], paths: pathsOf(path) }, git);
}

async function log(input: LogInput, git: GitOptions): Promise<Json> {
  const { since, until, max = COMMITS_DEFAULT, ref, path, format = 'text' } = input;
  const args = [
    'log',
    ...LOG_FLAGS,
    `--max-count=${max}`,
    `--format=${LOG_FORMAT}`,
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(until === undefined ? [] : [`--until=${until}`]),
    ...refOf(ref),
  ];
  const commits = readLog(await askGit({ args, paths: pathsOf(path) }, git));
  return format === 'list' ? commits : logText(commits);
}

/** No program of the repository's makes a difference readable. */
const DIFF_FLAGS = '--no-ext-diff --no-textconv --no-color --no-color-moved'.split(' ');
const LOG_FLAGS = (
  '--no-ext-diff --no-textconv --no-color --no-show-signature --no-patch --no-notes ' +
  '--no-mailmap --no-decorate --encoding=UTF-8'
).split(' ');

/** What is inside a submodule would be asked of a git in it, with its own configuration. */
const IGNORING: readonly string[] = ['--ignore-submodules=dirty'];

function refOf(ref: string | undefined): readonly string[] {
  return ref === undefined ? [] : ['--end-of-options', ref];
}

function pathsOf(path: DiffInput['path'] = []): readonly string[] {
  return typeof path === 'string' ? [path] : path;
}
