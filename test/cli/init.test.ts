import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TEMPLATES } from '../../src/cli/init/templates.ts';
import { until } from '../fixtures/until.ts';
import { commandLine } from './in-process.ts';
import { type Ended, makeFolder, signalbox, startDaemon } from './signalbox.ts';

const PACKAGE = '{"name": "x", "scripts": {"test": "node --test"}}';
/** Folders as newcomers have them. What git holds is not read, only where it lies. */
const FOLDERS = {
  'an empty folder': {},
  'a repository with a workflow': {
    '.git/logs/HEAD': '',
    '.github/workflows/ci.yml': 'on: push\n',
    'package.json': PACKAGE,
    'src/a.ts': '',
    'tsconfig.json': '{}',
  },
  'a repository in Python': { '.git/logs/HEAD': '', 'pyproject.toml': '[tool.pytest]\n' },
  'a repository without a commit': { '.git/HEAD': 'ref: refs/heads/main\n', 'go.mod': 'module x' },
  'a worktree': { '.git': 'gitdir: /elsewhere\n', 'package.json': 'no JSON' },
};

function makeProject(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Every file of a folder with its content. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      join(parentPath, name).slice(folder.length + 1),
      readFileSync(join(parentPath, name), 'utf8'),
    ]),
  );
}

/** A folder of programs that stand for what is installed. */
function makePrograms(names: readonly string[]): string {
  const folder = makeFolder();
  for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
  return folder;
}

/** The template for agents reviews what git says has changed. */
function fits(template: string, files: Readonly<Record<string, string>>): boolean {
  return template !== 'agents' || '.git/logs/HEAD' in files;
}

const combinations = Object.entries(FOLDERS).flatMap(([name, files]) =>
  TEMPLATES.map((template) => ({ name, files, template: template.name })),
);

function checkStrictly(folder: string): Promise<Ended> {
  return commandLine(folder, ['check', '--strict', join(folder, 'signalbox.yaml')]);
}

describe('what init writes', () => {
  test.each(combinations.filter(({ template, files }) => fits(template, files)))(
    'passes check --strict: $template in $name',
    async ({ files, template }) => {
      const folder = makeProject(files);
      const { code, stdout, stderr } = await commandLine(folder, ['init', '--template', template]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('\n  signalbox dev\n');
      expect(contents(folder)).toMatchObject(files);
      const checked = await checkStrictly(folder);
      expect(checked).toMatchObject({ code: 0, stderr: '' });
      expect(checked.stdout).toContain('nothing found.');
    },
  );

  test.each(combinations.filter(({ template, files }) => !fits(template, files)))(
    'is nothing where it would not work: $template in $name',
    async ({ files, template }) => {
      const folder = makeProject(files);
      const { code, stderr } = await commandLine(folder, ['init', '--template', template]);
      expect({ code, now: contents(folder) }).toEqual({ code: 2, now: files });
      expect(stderr).toContain('does not fit here');
    },
  );

  test.each(['claude', 'codex'])('asks %s for a review where it is installed', async (agent) => {
    const folder = makeProject(FOLDERS['a repository with a workflow']);
    const env = { PATH: makePrograms([agent]) };
    const { stdout } = await commandLine(folder, ['init', '--template', 'agents'], env);
    expect(stdout).toContain(`asks ${agent} for a review`);
    expect(readFileSync(join(folder, 'flows/review.yaml'), 'utf8')).toContain(`run: ["${agent}"`);
    expect((await checkStrictly(folder)).code).toBe(0);
  });

  test('begins with the line by which editors find the schema', async () => {
    const folder = makeFolder();
    await commandLine(folder, ['init']);
    const [first] = readFileSync(join(folder, 'signalbox.yaml'), 'utf8').split('\n');
    expect(first).toBe(
      '# yaml-language-server: $schema=./node_modules/signalbox/signalbox.schema.json',
    );
  });

  test('keeps the log, the token and a secret from others and out of git', async () => {
    const folder = makeProject({ '.git/HEAD': '', '.gitignore': 'mine\n' });
    const { stdout } = await commandLine(folder, ['init', '--template', 'webhook']);
    // Also where it is killed in between.
    expect(stdout).toMatch(/\.signalbox\/\.gitignore [^]*\.signalbox\/webhook\.secret /);
    const modeOf = (path: string): string => (statSync(join(folder, path)).mode & 0o77).toString(8);
    expect(['.signalbox', '.signalbox/webhook.secret'].map(modeOf)).toEqual(['0', '0']);
    expect(contents(folder)).toMatchObject({
      '.gitignore': 'mine\n',
      '.signalbox/.gitignore': '*\n',
      'signalbox-reports/.gitignore': '*\n',
      '.signalbox/webhook.secret': expect.stringMatching(/^[0-9a-z]{52}$/) as string,
    });
  });

  test('is told to programs too', async () => {
    const folder = makeProject(FOLDERS['a repository with a workflow']);
    const { stdout } = await commandLine(folder, ['init', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      folder,
      template: 'starter',
      found: { git: 'here', language: 'TypeScript', manager: 'npm', test: ['npm', 'test'] },
      next: ['signalbox dev', 'signalbox trigger run-tests --wait'],
    });
  });
});

describe('init writes over nothing', () => {
  test.each(['signalbox.yaml', 'signalbox.toml', 'flows/tests.yaml'])(
    '%s that is there is named, and all stays as it was',
    async (path) => {
      const folder = makeProject({ ...FOLDERS['a repository with a workflow'], [path]: '' });
      const before = contents(folder);
      const { code, stdout, stderr } = await commandLine(folder, ['init']);
      expect({ code, stdout, now: contents(folder) }).toEqual({ code: 1, stdout: '', now: before });
      expect(stderr).toContain(`${path} is there already`);
    },
  );

  test('a link that leads elsewhere is not followed', async () => {
    const [folder, target] = [makeProject({ 'go.mod': '' }), join(makeFolder(), 'target')];
    symlinkSync(target, join(folder, 'signalbox.yaml'));
    expect((await commandLine(folder, ['init'])).code).toBe(1);
    expect(existsSync(target)).toBe(false);
  });

  test('where a part cannot be written, none is', async () => {
    const folder = makeProject({ 'go.mod': '', flows: 'a file where the folder would be' });
    const before = contents(folder);
    const { code, stderr } = await commandLine(folder, ['init']);
    expect({ code, now: contents(folder) }).toEqual({ code: 73, now: before });
    expect(stderr).toContain('nothing was written');
  });

  test('a folder that is none is named', async () => {
    const folder = join(makeFolder(), 'absent');
    const { code, stderr } = await commandLine(folder, ['init']);
    expect(code).toBe(73);
    expect(stderr).toContain(`${folder} cannot be written to`);
  });

  test('files that lay in flows/ before are checked with what was written', async () => {
    const folder = makeProject({ 'flows/other.yaml': 'steps: of another program\n' });
    const { code, stderr } = await commandLine(folder, ['init']);
    expect(code).toBe(65);
    expect(stderr).toMatch(/flows\/other\.yaml:1:1: error: /);
  });
});

test('an unknown template is refused with those that there are', async () => {
  const { code, stderr } = await commandLine(makeFolder(), ['init', '--template', 'webhok']);
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean "webhook"?');
  for (const { name, brief } of TEMPLATES) expect(stderr).toContain(`${name.padEnd(8)}  ${brief}`);
});

test('names that a project chose are text in what is written', async () => {
  const workflow = '.github/workflows/"x"\n    - run: touch here #.yml';
  const folder = makeProject({ 'package.json': PACKAGE, [workflow]: '' });
  expect((await commandLine(folder, ['init'])).code).toBe(0);
  expect((await checkStrictly(folder)).code).toBe(0);
  expect(readFileSync(join(folder, 'flows/tests.yaml'), 'utf8')).not.toContain(
    '\n    - run: touch',
  );
});

test('what init writes does something at once', async () => {
  const folder = makeProject({ 'package.json': PACKAGE, 'good.test.js': '' });
  await commandLine(folder, ['init']);
  const { logged, end } = await startDaemon(folder);
  const { code } = await signalbox(folder, ['trigger', 'run-tests', '--wait']);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, 'signalbox-reports/tests.txt'), 'utf8')).toMatch(/pass 1/);
  writeFileSync(join(folder, 'good.test.js'), 'throw new Error("no")');
  await logged(/run started .*flow=run-tests[^]*step=test error/);
  await logged(/run succeeded .*flow=run-tests[^]*run succeeded .*flow=run-tests/);
  const report = join(folder, 'signalbox-reports/tests.txt');
  await until(() => readFileSync(report, 'utf8').includes('fail 1'));
  expect(await end()).toBe(0);
});
