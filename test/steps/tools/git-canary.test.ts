import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Json } from '../../../src/std/json.ts';
import { failureOf, openProject, type ToolProject } from './using-tools.ts';

const HOOKS =
  'pre-commit post-checkout post-index-change post-merge pre-push reference-transaction ' +
  'fsmonitor-watchman post-rewrite pre-auto-gc';
/** Everything by which a repository's configuration can name a program. */
const TRAPS =
  'core.fsmonitor core.pager core.editor core.sshCommand core.askPass core.gitProxy ' +
  'core.alternateRefsCommand credential.helper diff.external diff.evil.command ' +
  'diff.evil.textconv filter.evil.clean filter.evil.smudge filter.evil.process ' +
  'filter.e=v.clean merge.evil.driver gpg.program gpg.ssh.program gpg.x509.program ' +
  'pager.log pager.diff pager.status sequence.editor interactive.diffFilter ' +
  'remote.origin.uploadpack remote.origin.vcs log.showSignature';

/** A repository that runs a canary wherever git would run what a repository says. */
function canaryProject(): ToolProject & { readonly sung: () => string[] } {
  const project = openProject({
    'a.md': 'one\n',
    'evil.bin': 'one\n',
    '.gitattributes': '*.bin filter=evil diff=evil merge=evil\n*.md filter=e=v diff=evil\n',
  });
  const { root, around } = project;
  const canary = join(around, 'canary');
  writeFileSync(canary, `#!/bin/sh\necho "$0 $*" >> '${around}/sung'\nexec cat\n`);
  chmodSync(canary, 0o755);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'First');
  git('branch', '--', 'other');
  const commit = git('rev-parse', 'HEAD').trim();
  // A branch whose name is an option: no git makes it, a hostile repository has it all the same.
  writeFileSync(join(root, '.git/refs/heads/--output=pwned'), `${commit}\n`);
  for (const key of TRAPS.split(' ')) {
    if (key === 'log.showSignature') git('config', key, 'true');
    else git('config', key, canary);
  }
  git('config', 'remote.origin.url', `ext::${canary} %S`);
  git('config', 'core.hooksPath', '.git/hooks');
  for (const name of HOOKS.split(' ')) {
    writeFileSync(join(root, '.git/hooks', name), `#!/bin/sh\n'${canary}' ${name}\n`);
    chmodSync(join(root, '.git/hooks', name), 0o755);
  }
  // What looks changed is read again, through its filter; a missing object is fetched.
  for (const name of ['a.md', 'evil.bin']) {
    writeFileSync(join(root, name), 'two\n');
    utimesSync(join(root, name), 1, 1);
  }
  const sung = (): string[] =>
    existsSync(join(around, 'sung'))
      ? readFileSync(join(around, 'sung'), 'utf8').trim().split('\n')
      : [];
  return { ...project, sung };
}

const CALLS: readonly { readonly [key: string]: Json }[] = [
  { action: 'status' },
  { action: 'diff' },
  { action: 'diff', staged: true },
  { action: 'diff', ref: 'HEAD' },
  { action: 'diff', ref: 'HEAD', path: ['evil.bin'] },
  { action: 'log' },
  { action: 'log', ref: 'other', format: 'list', path: 'a.md' },
  { action: 'log', since: '--output=pwned', until: '$(touch pwned)' },
  { action: 'log', path: '--output=pwned' },
  { action: 'log', path: ':(exclude)a.md' },
  { action: 'log', ref: 'ext::canary%20x' },
];

test('nothing that a hostile repository holds is run, whatever it is asked', async () => {
  const { root, around, use, sung } = canaryProject();
  for (const call of CALLS) {
    const told = failureOf(await use({ tool: 'git', ...call }));
    expect(told, `of ${JSON.stringify(call)}`).toMatch(/^(done|git\.refused: .*)$/);
  }
  expect(sung()).toEqual([]);
  expect(readdirSync(around).toSorted()).toEqual(['canary', 'project']);
  expect(readdirSync(root)).not.toContain('pwned');

  // The control: the same repository, asked by hand.
  spawnSync('git', ['status'], { cwd: root, input: '' });
  spawnSync('git', ['diff'], { cwd: root, input: '' });
  expect(sung().length).toBeGreaterThan(1);
});

test('a missing object is fetched from nowhere', async () => {
  const { root, use, sung } = canaryProject();
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  const blob = execFileSync('git', ['rev-parse', 'HEAD:evil.bin'], { cwd: root, encoding: 'utf8' });
  git('config', 'core.repositoryformatversion', '1');
  git('config', 'extensions.partialClone', 'origin');
  git('config', 'remote.origin.promisor', 'true');
  execFileSync('rm', ['-f', join(root, '.git/objects', blob.slice(0, 2), blob.slice(2).trim())]);
  const told = failureOf(await use({ tool: 'git', action: 'diff' }));
  expect(told).toContain('git.refused');
  expect(sung()).toEqual([]);
});

test.each(['--output=pwned', '-O/etc/passwd', '--upload-pack=touch', '-', 'a b', 'HEAD\n--all'])(
  'a ref such as %j is refused before git sees it',
  async (ref) => {
    const { root, use } = openProject();
    for (const action of ['log', 'diff']) {
      // As a template gives it, which no check of the file has seen.
      const told = failureOf(
        await use({ tool: 'git', action }, { input: { tool: 'git', action, with: { ref } } }),
      );
      expect(told).toMatch(/^step\.input_invalid: git (log|diff) cannot be done: "ref": /);
    }
    expect(readdirSync(root)).toEqual(['.signalbox']);
  },
);
