import { describe, expect, test } from 'vitest';
import { describeProject, type Looked } from '../../../src/cli/init/project.ts';

/** What is found where these files are, with the texts of some. */
function look(
  paths: readonly string[],
  texts: Readonly<Record<string, string>> = {},
  programs: readonly string[] = [],
): Looked {
  return {
    paths: new Set([...paths, ...Object.keys(texts)]),
    texts: new Map(Object.entries(texts)),
    programs: new Set(programs),
  };
}

const SCRIPTS = '{"scripts": {"test": "vitest run"}}';

describe('the tests of a project', () => {
  test.each([
    ['npm test', look([], { 'package.json': SCRIPTS })],
    ['pnpm test', look(['pnpm-lock.yaml'], { 'package.json': SCRIPTS })],
    ['yarn test', look(['yarn.lock'], { 'package.json': SCRIPTS })],
    ['bun run test', look(['bun.lock'], { 'package.json': SCRIPTS })],
    ['python3 -m pytest -q', look(['tests/'], { 'requirements.txt': 'pytest==8\n' })],
    ['uv run python -m pytest -q', look(['uv.lock'], { 'pyproject.toml': '[tool.pytest]' })],
    ['poetry run python -m unittest discover', look(['poetry.lock', 'setup.py', 'test/'])],
    ['go test ./...', look(['go.mod'])],
    ['cargo test --quiet', look(['Cargo.toml'])],
    ['make test', look([], { Makefile: 'build:\n\ttrue\ntest: build\n\ttrue\n' })],
  ])('are run by "%s"', (command, looked) => {
    expect(describeProject(looked).test?.join(' ')).toBe(command);
  });

  test.each([
    ['an empty folder', look([])],
    [
      'what npm writes',
      look([], { 'package.json': '{"scripts":{"test":"echo no test specified"}}' }),
    ],
    ['a file that is no JSON', look([], { 'package.json': '{"scripts": {' })],
    ['JSON of another form', look([], { 'package.json': '{"scripts":["test"]}' })],
    ['a program alone', look(['main.py'])],
    ['a Makefile without them', look([], { Makefile: 'tests-not: x\n' })],
  ])('are none in %s', (_, looked) => {
    expect(describeProject(looked).test).toBeUndefined();
  });

  test('are never a text of the project, which a shell would read', () => {
    const hostile = { 'package.json': '{"scripts":{"test":"$(touch here); rm -rf /"}}' };
    expect(describeProject(look(['pnpm-lock.yaml'], hostile)).test).toEqual(['pnpm', 'test']);
  });
});

describe('a project', () => {
  test('is told with its CI, its agents and where its repository begins', () => {
    const paths = ['.git/', '.git/logs/HEAD', '.github/workflows/ci.yml', '.gitlab-ci.yml'];
    expect(
      describeProject(look([...paths, 'tsconfig.json', 'package.json'], {}, ['codex'])),
    ).toMatchObject({
      git: 'here',
      hasCommits: true,
      ci: [
        { path: '.github/workflows/ci.yml', service: 'GitHub Actions' },
        { path: '.gitlab-ci.yml', service: 'GitLab CI' },
      ],
      language: { name: 'TypeScript', manager: 'npm' },
      agents: ['codex'],
      hasSchema: false,
    });
  });

  test.each([
    ['a worktree', ['.git']],
    ['a folder of a repository', ['../.git/']],
  ])('has its repository above in %s', (_, paths) => {
    expect(describeProject(look(paths))).toMatchObject({ git: 'above', hasCommits: false });
  });
});
