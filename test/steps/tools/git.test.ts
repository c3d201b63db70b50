import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../src/std/json.ts';
import { failureOf, openProject, type ToolProject } from './using-tools.ts';

let project: ToolProject;
let git: (...args: string[]) => string;
beforeEach(() => {
  project = openProject({ 'a.md': 'one\n', 'docs/b.md': 'two\n' });
  git = (...args) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: project.around, ...WHO };
    return execFileSync('git', args, { cwd: project.root, env, encoding: 'utf8' });
  };
  git('init', '-q', '-b', 'main');
  git('add', 'a.md');
  git('commit', '-qm', 'First of all\n\nWith a body.');
});

const WHO = {
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ben',
  GIT_COMMITTER_EMAIL: 'ben@example.com',
  GIT_AUTHOR_DATE: '2026-11-19T10:00:00Z',
  GIT_COMMITTER_DATE: '2026-11-20T10:00:00Z',
};

async function ask(action: string, args: { readonly [name: string]: Json } = {}): Promise<Json> {
  const result = await project.use({ tool: 'git', action, ...args });
  if (result.kind !== 'done') throw new Error(failureOf(result));
  return result.output;
}

test('a project in a folder whose name begins with two dots is inside all the same', async () => {
  const directory = join(project.root, '..hidden');
  mkdirSync(directory);
  const result = await project.use({ tool: 'git', action: 'status' }, { directory });
  expect(failureOf(result)).toBe('done');
});

describe('git status', () => {
  test('names the commit, the branch and what differs', async () => {
    const commit = git('rev-parse', 'HEAD').trim();
    git('mv', 'a.md', 'renamed file.md');
    const { root } = project;
    writeFileSync(join(root, 'ä\n.md'), '');
    expect(await ask('status')).toEqual({
      branch: 'main',
      commit,
      clean: false,
      files: [
        { path: 'renamed file.md', state: 'renamed', from: 'a.md' },
        { path: 'docs/b.md', state: 'untracked' },
        { path: 'ä\n.md', state: 'untracked' },
      ],
    });
    expect(await ask('status', { path: 'docs' })).toMatchObject({
      files: [{ path: 'docs/b.md' }],
    });
  });

  test('tells each state, in the index or in the folder', async () => {
    const { root } = project;
    git('add', 'docs/b.md');
    appendFileSync(join(root, 'a.md'), 'more\n');
    expect(await ask('status')).toMatchObject({
      files: [
        { path: 'a.md', state: 'modified' },
        { path: 'docs/b.md', state: 'added' },
      ],
    });
    git('commit', '-qam', 'All');
    git('rm', '-q', 'a.md');
    expect(await ask('status')).toMatchObject({ files: [{ path: 'a.md', state: 'deleted' }] });
    git('reset', '-q', '--hard');
    expect(await ask('status')).toMatchObject({ clean: true, files: [] });
  });

  test('is of the folder of the project, also where the repository begins above it', async () => {
    const { root } = project;
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'sub/c.md'), '');
    const inside = await project.use(
      { tool: 'git', action: 'status' },
      { directory: join(root, 'sub') },
    );
    expect(inside).toMatchObject({ output: { files: [{ path: 'sub/c.md' }] } });
  });
});

describe('git diff', () => {
  test('is to the commit that is checked out, or to what is named', async () => {
    const { root } = project;
    appendFileSync(join(root, 'a.md'), 'more\n');
    expect(await ask('diff')).toContain('--- a/a.md\n+++ b/a.md\n@@ -1 +1,2 @@\n one\n+more\n');
    expect(await ask('diff', { staged: true })).toBe('');
    git('commit', '-qam', 'More');
    expect(await ask('diff', { ref: 'HEAD~1..HEAD' })).toContain('+more');
    expect(await ask('diff', { ref: 'HEAD~1', path: ['docs'] })).toBe('');
  });
});

describe('git log', () => {
  test('is a line for each commit, newest first', async () => {
    const short = git('rev-parse', 'HEAD').slice(0, 10);
    expect(await ask('log')).toBe(`${short} 2026-11-20 Ann: First of all`);
    expect(await ask('log', { since: '2026-11-21' })).toBe('');
    expect(await ask('log', { until: '2026-11-21', max: 1, ref: 'main' })).toContain('First');
    expect(await project.use({ tool: 'tool-git-advanced', action: 'log' })).toMatchObject({
      kind: 'done',
    });
  });

  test('is a list where it is asked for', async () => {
    const commit = git('rev-parse', 'HEAD').trim();
    git('commit', '-q', '--allow-empty', '-m', 'Second');
    expect(await ask('log', { format: 'list' })).toMatchObject([
      { subject: 'Second', body: '' },
      {
        commit,
        author: 'Ann',
        email: 'ann@example.com',
        time: '2026-11-20T10:00:00+00:00',
        subject: 'First of all',
        body: 'With a body.',
      },
    ]);
    expect(await ask('log', { path: 'docs' })).toBe('');
  });
});

describe('what git refuses', () => {
  test('is told as it says it', async () => {
    const unknown = await project.use({ tool: 'git', action: 'log', ref: 'nowhere' });
    expect(failureOf(unknown)).toBe("git.refused: git log says: fatal: bad revision 'nowhere'.");
  });

  test('is asked of no repository, of an empty one and of a bare one', async () => {
    const { root, around, use } = project;
    const status = { tool: 'git', action: 'status' };
    expect(failureOf(await use(status, { directory: around }))).toContain('git.no_repository');
    mkdirSync(join(root, 'bare.git'));
    git('init', '-q', '--bare', 'bare.git');
    const bare = await use(status, { directory: join(root, 'bare.git') });
    expect(failureOf(bare)).toContain('git.no_repository');
    git('init', '-q', 'empty');
    expect(await use(status, { directory: join(root, 'empty') })).toMatchObject({
      output: { commit: null, clean: true },
    });
  });

  test('a repository whose files are elsewhere is not looked at', async () => {
    git('config', 'core.worktree', '/etc');
    const result = await project.use({ tool: 'git', action: 'diff' });
    expect(failureOf(result)).toContain('git.refused: The repository says that its files are in');
  });
});
