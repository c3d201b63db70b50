import { describe, expect, test } from 'vitest';
import { parseFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });
const settings = { keys: [], read: () => undefined };

/** The findings of a flow of these steps, each without its file, and what the steps came to. */
function parsed(...steps: readonly object[]) {
  const lines = steps.map((step) => `      - ${JSON.stringify(step)}\n`).join('');
  const text = `flows:\n  a:\n    on: x\n    steps:\n${lines}`;
  const files = [{ path: 'f', text }];
  const { flows, findings } = parseFiles(files, {
    shapes: builtInShapes,
    sourceShapes: [],
    variables,
    settings,
  });
  return { steps: flows.get('a')?.steps, findings: findings.map(formatFinding) };
}

const KNOWN = 'there are filesystem, git, http, signalbox';
const NO_TEMPLATE = 'no template says which; write its name, or choose between steps by "if"';

const said = (...steps: readonly object[]): string[] =>
  parsed(...steps).findings.map((line) => line.replace(/^f:\d+:\d+: error: /, ''));

describe('a tool step as it is written', () => {
  test('keeps one form, whichever was written', () => {
    const input = { tool: 'filesystem', action: 'read', with: { path: 'a.md' } };
    for (const step of [
      { tool: 'filesystem', action: 'read', with: { path: 'a.md' } },
      { tool: 'filesystem', action: 'read', path: 'a.md' },
      { tool: 'tool-filesystem', action: 'read', path: 'a.md' },
    ]) {
      expect(parsed(step).steps).toMatchObject([{ kind: 'tool', input, effect: 'idempotent' }]);
    }
    expect(parsed({ tool: 'http', url: 'https://example.com' }).steps).toMatchObject([
      { input: { tool: 'http', action: 'request', with: { url: 'https://example.com' } } },
    ]);
  });

  test.each([
    [{ tool: 'filesystem', action: 'read', path: 'a' }, 'idempotent', ['files_content']],
    [{ tool: 'filesystem', action: 'write', path: 'a', content: '' }, 'idempotent', undefined],
    [{ tool: 'filesystem', action: 'append', path: 'a', content: '' }, 'ask', undefined],
    [{ tool: 'filesystem', action: 'list' }, 'idempotent', undefined],
    [{ tool: 'git', action: 'status' }, 'idempotent', undefined],
    [{ tool: 'git', action: 'diff' }, 'idempotent', undefined],
    [{ tool: 'tool-git-advanced', action: 'log' }, 'idempotent', ['git_log']],
    [{ tool: 'git', action: 'log', output: 'commits', effect: 'ask' }, 'ask', undefined],
  ])('%j has the effect %s and leaves its result in %j', (step, effect, usualNames) => {
    const [made] = parsed(step).steps ?? [];
    expect(made).toMatchObject({ effect });
    expect(made && 'usualNames' in made ? made.usualNames : undefined).toEqual(usualNames);
  });

  test.each([
    [
      { tool: 'filesytem', action: 'read' },
      '"tool": there is no tool "filesytem", did you mean "filesystem"? [config.unknown_name]',
    ],
    [
      { tool: 'jira', action: 'read' },
      `"tool": there is no tool "jira"; ${KNOWN} [config.unknown_name]`,
    ],
    [
      { tool: 'tool-slack', action: 'post', channel: '#x', path: 3 },
      `the tool "tool-slack" is not supported by this version; ${KNOWN} [config.not_supported]`,
    ],
    [
      { tool: 'filesystem', action: 'raed', path: 'a' },
      '"action": "filesystem" has no action "raed", did you mean "read"? [config.unknown_name]',
    ],
    [
      { tool: 'git', action: 'push' },
      '"action": "git" has no action "push"; it has status, diff, log [config.unknown_name]',
    ],
    [
      { tool: 'git', action: 'constructor' },
      '"action": "git" has no action "constructor"; it has status, diff, log [config.unknown_name]',
    ],
    [{ tool: 'git' }, '"action": it is missing; "git" has status, diff, log [config.invalid]'],
    [{ tool: '{payload.tool}', action: 'read' }, `"tool": ${NO_TEMPLATE} [config.invalid]`],
    [{ tool: 'git', action: '{payload.action}' }, `"action": ${NO_TEMPLATE} [config.invalid]`],
    [
      { tool: 'git', action: 'log', with: { sinse: 'x' } },
      '"with.sinse": git log has no such argument, did you mean "since"? [config.unknown_key]',
    ],
    [
      { tool: 'git', action: 'status', since: 'x' },
      '"since": git status has no such argument; it has path [config.unknown_key]',
    ],
    [
      { tool: 'git', action: 'log', sinse: 'x' },
      'unknown key "sinse" in a step of kind "tool", did you mean "since"? [config.unknown_key]',
    ],
    [
      { tool: 'git', action: 'log', since: 'x', with: { since: 'y' } },
      '"since": it stands in "with" too; write it once [config.invalid]',
    ],
    [{ tool: 'git', action: 'log', max: '5' }, '"max": it is a whole number [config.invalid]'],
    [
      { tool: 'git', action: 'log', ref: '--all' },
      '"ref": it looks like an option of git; a ref begins otherwise [config.invalid]',
    ],
    [
      { tool: 'git', action: 'log', with: { path: ['ok', '../x'] } },
      '"with.path.1": a path is relative to the project and does not leave it [config.invalid]',
    ],
    [
      { tool: 'filesystem', action: 'read' },
      '"path": give a path, or a list of paths [config.invalid]',
    ],
    [
      { tool: 'filesystem', action: 'append', path: 'a' },
      '"content": it is missing; give a text [config.invalid]',
    ],
    [
      { tool: 'filesystem', action: 'write', content: 'a' },
      '"path": it is missing; name a file [config.invalid]',
    ],
    [
      { tool: 'http', url: 'ftp://example.com' },
      '"url": only http and https are called, not ftp: [config.invalid]',
    ],
  ])('%j is refused', (step, message) => {
    expect(said(step)).toEqual([message]);
  });

  test('is not judged by what its templates will become', () => {
    expect(
      said(
        { tool: 'filesystem', action: 'read', path: ['{payload.a}', '/{payload.b}'] },
        { tool: 'git', action: 'log', max: '${{ event.data.n }}', ref: '-{payload.ref}' },
        { tool: 'filesystem', action: 'write', with: { files: '{payload.files}' } },
      ),
    ).toEqual([]);
    expect(said({ tool: 'git', action: 'log', max: '{payload.n}', ref: '--all' })).toEqual([
      '"ref": it looks like an option of git; a ref begins otherwise [config.invalid]',
    ]);
  });

  test('writes what the step before gave where it says no content', () => {
    const run = { run: ['true'] };
    expect(parsed(run, { tool: 'filesystem', action: 'write', path: 'a' }).steps).toMatchObject([
      {},
      { input: { with: { path: 'a', content: { kind: 'template', text: '{output}' } } } },
    ]);
    expect(parsed(run, { tool: 'filesystem', action: 'write' }).steps).toMatchObject([
      {},
      { input: { with: { files: { kind: 'template', text: '{output}' } } } },
    ]);
    expect(said({ tool: 'filesystem', action: 'write', path: 'a' })[0]).toContain(
      '"output" has no value in the first step',
    );
  });
});
