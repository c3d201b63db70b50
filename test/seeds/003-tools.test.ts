import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';

/** Prints its arguments, each in a line: it stands where the document asks a model. */
const SAY = ['node', '-e', 'console.log(process.argv.slice(1).join("\\n"))'];

/** Gives a file of this path and this content, as a model that was asked for one. */
const GIVE = [
  'node',
  '-e',
  'const [path, content] = process.argv.slice(1); console.log(JSON.stringify([{ path, content }]))',
];

/** What the steps of a handler leave behind, in a project that is a repository of one commit. */
async function handled(steps: string, data: object): Promise<string> {
  const folder = makeFolder();
  writeFileSync(join(folder, 'signalbox.yaml'), `flows:\n  handler:\n    on: x\n${steps}`);
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/a.py'), 'print(1)\n');
  writeFileSync(join(folder, 'src/b.py'), 'print(2)\n');
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@b.c', ...args], {
      cwd: folder,
    });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'Work on it');
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  await client.emit({ type: 'x', data });
  await client.quiet();
  expect(await client.runs()).toMatchObject([{ state: 'succeeded' }]);
  await daemon.end();
  return folder;
}

describe('handlers.update-docs', () => {
  test('{ tool = "tool-filesystem", action = "write", path = "suggested-tests.md" }', async () => {
    const folder = await handled(
      `    steps: [
        { run: ${JSON.stringify([...SAY, 'Test a.py'])} },
        { tool: tool-filesystem, action: write, path: "suggested-tests.md" }
      ]\n`,
      {},
    );
    expect(readFileSync(join(folder, 'suggested-tests.md'), 'utf8')).toBe('Test a.py');
  });

  test('action: read, path: "{changed_files}", {files_content}, action: write', async () => {
    const folder = await handled(
      `    steps:
      - tool: tool-filesystem
        action: read
        path: "{changed_files}"

      - run: ${JSON.stringify([...GIVE, 'docs/api.md', '{files_content}'])}

      - tool: tool-filesystem
        action: write\n`,
      { files: ['src/a.py', 'src/b.py'] },
    );
    expect(readFileSync(join(folder, 'docs/api.md'), 'utf8')).toBe(
      '==> src/a.py <==\nprint(1)\n\n==> src/b.py <==\nprint(2)\n',
    );
  });
});

describe('handlers.weekly-summary', () => {
  test('tool: tool-git-advanced, action: log, since: "1 week ago", {git_log}', async () => {
    const folder = await handled(
      `    steps:
      - tool: tool-git-advanced
        action: log
        since: "1 week ago"

      - run: ${JSON.stringify([...SAY, 'Commits: {git_log}'])}
      - { tool: tool-filesystem, action: write, path: summary.md }\n`,
      {},
    );
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toMatch(
      /^Commits: [0-9a-f]{10} \d{4}-\d\d-\d\d Ann: Work on it$/,
    );
  });
});
