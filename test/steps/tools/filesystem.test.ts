import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureOf, openProject, type ToolProject } from './using-tools.ts';

describe('filesystem read', () => {
  test('gives the text of a file, byte for byte', async () => {
    const { use } = openProject({ 'docs/a.md': '\uFEFFä\r\n' });
    const read = { tool: 'filesystem', action: 'read', path: 'docs/a.md' };
    expect(await use(read)).toEqual({ kind: 'done', output: '\uFEFFä\r\n' });
    expect(await use({ ...read, tool: 'tool-filesystem' })).toMatchObject({ kind: 'done' });
  });

  test('gives a list of files each under a line with its path', async () => {
    const { use } = openProject({ 'a.md': 'A', 'b.md': 'B\n', 'empty.md': '' });
    const read = { tool: 'filesystem', action: 'read', path: ['a.md', 'b.md', 'empty.md'] };
    const output = '==> a.md <==\nA\n\n==> b.md <==\nB\n\n==> empty.md <==\n';
    expect(await use(read)).toEqual({ kind: 'done', output });
    expect(await use({ ...read, path: ['b.md'] })).toMatchObject({ output: '==> b.md <==\nB\n' });
  });

  test('passes over files that are gone only where it is told to', async () => {
    const { use } = openProject({ 'a.md': 'A\n' });
    const read = { tool: 'filesystem', action: 'read', path: ['gone.md', 'x/gone.md', 'a.md'] };
    expect(failureOf(await use(read))).toBe(
      'tool.not_found: There is no "gone.md". Correct its path.',
    );
    const skipped = await use({ ...read, missing: 'skip' });
    expect(skipped).toEqual({ kind: 'done', output: '==> a.md <==\nA\n' });
  });

  test('refuses what is no text, or more of it than a step may keep', async () => {
    const { root, use } = openProject({ 'half.txt': 'x'.repeat(600_000) });
    writeFileSync(join(root, 'bytes'), Buffer.from([0xff, 0xfe]));
    const read = { tool: 'filesystem', action: 'read' };
    expect(failureOf(await use({ ...read, path: 'bytes' }))).toContain('tool.no_text: "bytes"');
    expect(failureOf(await use({ ...read, path: ['half.txt', 'half.txt'] }))).toContain(
      'tool.too_large: With "half.txt" it is over',
    );
  });
});

describe('filesystem write', () => {
  test('makes the file and its folders, and says whether that changed anything', async () => {
    const { root, use } = openProject();
    const write = { tool: 'filesystem', action: 'write', path: 'out/a/b.md', content: 'B\n' };
    const written = (changed: boolean) => ({
      kind: 'done',
      output: { files: [{ path: 'out/a/b.md', bytes: 2, changed }] },
    });
    expect(await use(write)).toEqual(written(true));
    expect(readFileSync(join(root, 'out/a/b.md'), 'utf8')).toBe('B\n');
    const before = new Date('2020-01-01T00:00:00Z');
    utimesSync(join(root, 'out/a/b.md'), before, before);
    expect(await use(write)).toEqual(written(false));
    expect(statSync(join(root, 'out/a/b.md')).mtime).toEqual(before);
    expect(readdirSync(join(root, 'out/a'))).toEqual(['b.md']);
  });

  test('keeps the permissions of a file that was there', async () => {
    const { root, use } = openProject({ 'run.sh': 'old' });
    chmodSync(join(root, 'run.sh'), 0o750);
    await use({ tool: 'filesystem', action: 'write', path: 'run.sh', content: 'new' });
    expect(statSync(join(root, 'run.sh')).mode & 0o777).toBe(0o750);
    expect(readFileSync(join(root, 'run.sh'), 'utf8')).toBe('new');
  });

  test('writes whatever value as text, and objects as JSON', async () => {
    const { root, use } = openProject();
    const files = [
      { path: 'n.txt', content: 3 },
      { path: 'o.json', content: { a: [1] } },
    ];
    expect(await use({ tool: 'filesystem', action: 'write', files })).toMatchObject({
      output: { files: [{ path: 'n.txt' }, { path: 'o.json' }] },
    });
    expect(readFileSync(join(root, 'n.txt'), 'utf8')).toBe('3');
    expect(readFileSync(join(root, 'o.json'), 'utf8')).toBe('{"a":[1]}');
  });

  test('writes none of several files where one of them may not be written', async () => {
    const { root, use } = openProject();
    const files = ['a.md', '../b.md'].map((path) => ({ path, content: 'x' }));
    const result = await use({ tool: 'filesystem', action: 'write', files });
    expect(failureOf(result)).toContain('tool.path_refused: "../b.md" is refused');
    expect(existsSync(join(root, 'a.md'))).toBe(false);
  });

  test('says no more that nothing happened once one of several is written', async () => {
    const { root, use } = openProject({ 'folder/b.md': 'B' });
    const write = { tool: 'filesystem', action: 'write' };
    const fileOf = (path: string) => ({ path, content: 'x' });
    const half = await use({ ...write, files: ['a.md', 'folder'].map(fileOf) });
    expect(readFileSync(join(root, 'a.md'), 'utf8')).toBe('x');
    expect(half).toMatchObject({ kind: 'fail', error: { happened: 'maybe' } });
    const none = await use({ ...write, files: ['folder', 'c.md'].map(fileOf) });
    expect(existsSync(join(root, 'c.md'))).toBe(false);
    expect(none).toMatchObject({ kind: 'fail', error: { happened: 'no' } });
  });
});

describe('filesystem append', () => {
  test('adds to the end of a file, which it makes', async () => {
    const { root, use } = openProject();
    const append = { tool: 'filesystem', action: 'append', path: 'log/a.txt', content: 'one\n' };
    expect(await use(append)).toEqual({
      kind: 'done',
      output: { path: 'log/a.txt', bytes: 4 },
    });
    await use({ ...append, content: 'two\n' });
    expect(readFileSync(join(root, 'log/a.txt'), 'utf8')).toBe('one\ntwo\n');
  });
});

describe('filesystem list', () => {
  test('names what is in a folder, and what it is, and follows no link', async () => {
    const { root, use } = openProject({ 'b/c.md': '', 'a.md': '' });
    symlinkSync('/etc', join(root, 'z'));
    const list = { tool: 'filesystem', action: 'list' };
    expect(await use(list)).toEqual({
      kind: 'done',
      output: [
        { path: '.signalbox', kind: 'folder' },
        { path: 'a.md', kind: 'file' },
        { path: 'b', kind: 'folder' },
        { path: 'z', kind: 'link' },
      ],
    });
    expect(await use({ ...list, path: 'b' })).toMatchObject({
      output: [{ path: 'b/c.md', kind: 'file' }],
    });
    expect(failureOf(await use({ ...list, path: 'a.md' }))).toContain('tool.path_refused');
    expect(failureOf(await use({ ...list, path: 'gone' }))).toContain('tool.not_found');
  });
});

describe('no path leads out of the project', () => {
  const ACTIONS = ['read', 'write', 'append'] as const;

  function act({ use }: ToolProject, action: (typeof ACTIONS)[number], path: string) {
    const step = { tool: 'filesystem', action, path };
    return use(action === 'read' ? step : { ...step, content: 'owned' });
  }

  const OUTSIDE = [
    ['../secret', 'it leads out of the project'],
    ['..', 'it leads out of the project'],
    ['docs/../../secret', 'it leads out of the project'],
    ['/etc/passwd', 'it leads out of the project'],
    ['out/secret', 'a link on it leads out of the project'],
    ['link', 'a link on it leads out of the project'],
    ['dangling', 'it is a link to what is not there'],
    ['docs/loop/secret', 'a link on it leads out of the project'],
    ['.git/config', '".git" is for git alone'],
    ['docs/.GIT/hooks/post-checkout', '".git" is for git alone'],
    ['.signalbox/token', 'the data of Signalbox is closed to tools'],
    ['data/token', 'the data of Signalbox is closed to tools'],
    ['pipe', 'it is no plain file'],
    ['docs', 'it is a folder'],
    ['.', 'it is the folder of the project'],
    ['a\0b', 'it holds a NUL character'],
  ] as const;

  /** A project with a secret beside it, and links of all kinds. */
  function trapped(): ToolProject {
    const project = openProject({
      '../secret': 'SECRET',
      'docs/a.md': 'A',
      '.git/config': '[core]',
      '.signalbox/token': 'SECRET',
    });
    const { root } = project;
    symlinkSync('..', join(root, 'out'));
    symlinkSync('../secret', join(root, 'link'));
    symlinkSync('../nowhere', join(root, 'dangling'));
    symlinkSync('../..', join(root, 'docs/loop'));
    symlinkSync('.signalbox', join(root, 'data'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    return project;
  }

  test.each(ACTIONS)('to %s', async (action) => {
    const project = trapped();
    for (const [path, reason] of OUTSIDE) {
      const told = failureOf(await act(project, action, path));
      expect(told, `of ${path}`).toContain('tool.path_refused: ');
      expect(told, `of ${path}`).toContain(`is refused: ${reason}`);
    }
    expect(readFileSync(join(project.around, 'secret'), 'utf8')).toBe('SECRET');
    expect(readFileSync(join(project.root, '.signalbox/token'), 'utf8')).toBe('SECRET');
    expect(readdirSync(project.around).toSorted()).toEqual(['project', 'secret']);
  });

  test('a link within the project is followed, and what it links to is written', async () => {
    const { root, use } = openProject({ 'AGENTS.md': 'old' });
    symlinkSync('AGENTS.md', join(root, 'CLAUDE.md'));
    const step = { tool: 'filesystem', path: 'CLAUDE.md' };
    expect(await use({ ...step, action: 'read' })).toMatchObject({ output: 'old' });
    await use({ ...step, action: 'write', content: 'new' });
    expect(readFileSync(join(root, 'AGENTS.md'), 'utf8')).toBe('new');
  });

  test('an absolute path inside is the same as a relative one', async () => {
    const { root, use } = openProject({ 'a.md': 'A' });
    const step = { tool: 'filesystem', action: 'read', path: join(root, 'a.md') };
    expect(await use(step)).toMatchObject({ output: 'A' });
  });

  test('a file with another name outside is not read, and a write parts the two', async () => {
    const { root, around, use } = openProject({ '../secret': 'SECRET' });
    linkSync(join(around, 'secret'), join(root, 'copy'));
    const step = { tool: 'filesystem', path: 'copy' };
    for (const action of ['read', 'append']) {
      const told = failureOf(
        await use({ ...step, action, ...(action === 'read' ? {} : { content: 'x' }) }),
      );
      expect(told).toContain('it has 2 names (hard links), and one may be outside');
    }
    await use({ ...step, action: 'write', content: 'owned' });
    expect(readFileSync(join(around, 'secret'), 'utf8')).toBe('SECRET');
    expect(readFileSync(join(root, 'copy'), 'utf8')).toBe('owned');
  });

  test('the folder of the configuration may itself be a link', async () => {
    const { root, around, use } = openProject({ 'a.md': 'A' });
    symlinkSync(root, join(around, 'alias'));
    const given = { directory: join(around, 'alias') };
    expect(await use({ tool: 'filesystem', action: 'read', path: 'a.md' }, given)).toMatchObject({
      output: 'A',
    });
  });

  test('folders that are made are made inside, whatever is a link by then', async () => {
    const { root, around, use } = openProject();
    mkdirSync(join(around, 'elsewhere'));
    symlinkSync('../elsewhere', join(root, 'out'));
    const step = { tool: 'filesystem', action: 'write', path: 'out/a/b.md', content: 'x' };
    expect(failureOf(await use(step))).toContain('leads out of the project');
    expect(readdirSync(join(around, 'elsewhere'))).toEqual([]);
  });
});
