import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const FLOWS = { 'signalbox.yaml': 'flows: { a: { on: x, emit: y } }\n' };

describe('the tools are looked at without a daemon', () => {
  test('all of them, action by action', async () => {
    const folder = makeFolder();
    const { stdout } = await signalbox(folder, ['tools']);
    expect(stdout).toMatch(/^TOOL +ACTION +EFFECT +RISK +WHAT IT DOES/);
    expect(stdout).toMatch(/^filesystem +append +ask +medium +/m);
    expect(stdout).toMatch(/^git +log +idempotent +low +/m);
    expect(stdout).toMatch(/^http +request +idempotent +medium +/m);
    expect(await signalboxJson(folder, ['tools', 'ls'])).toMatchObject({
      items: [{ name: 'filesystem' }, { name: 'git' }, { name: 'http' }, { name: 'signalbox' }],
    });
  });

  test('those of the configuration among them', async () => {
    const folder = makeFolder(FLOWS);
    mkdirSync(join(folder, 'tools'));
    const file = '{ tool: stage, run: [x], input: { path: string } }';
    writeFileSync(join(folder, 'tools', 'stage.yaml'), file);
    const listed = await signalboxJson(folder, ['tools', 'ls']);
    const { items } = listed as { readonly items: readonly { readonly name: string }[] };
    expect(items.map(({ name }) => name)).toEqual([
      'filesystem',
      'git',
      'http',
      'signalbox',
      'stage',
    ]);
    expect(await signalboxJson(folder, ['tools', 'show', 'stage'])).toMatchObject({
      actions: [{ name: 'run', input: { properties: { path: {} }, required: ['path'] } }],
    });
  });

  test('one of them, with what its actions take and give', async () => {
    const folder = makeFolder();
    const { stdout } = await signalbox(folder, ['tools', 'show', 'tool-filesystem']);
    expect(stdout).toMatch(/^filesystem \(also: tool-filesystem\)$/m);
    expect(stdout).toMatch(/^ {2}effect idempotent, risk low, result in \{files_content\}$/m);
    expect(await signalboxJson(folder, ['tools', 'show', 'git'])).toMatchObject({
      actions: [
        {},
        {},
        {
          name: 'log',
          usual_names: ['git_log'],
          input: { type: 'object', additionalProperties: false, properties: { max: {} } },
        },
      ],
    });
    const unknown = await signalbox(folder, ['tools', 'show', 'gitt']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('There is no tool "gitt", did you mean "git"');
  });
});

describe('a tool is used once by hand', () => {
  test('in the folder of the configuration', async () => {
    const folder = makeFolder(FLOWS);
    const input = JSON.stringify({ path: 'out/a.md', content: 'one\n' });
    const write = ['tools', 'run', 'filesystem', '--action', 'write', '--input', input];
    expect(await signalboxJson(folder, write)).toEqual({
      files: [{ path: 'out/a.md', bytes: 4, changed: true }],
    });
    expect(readFileSync(join(folder, 'out/a.md'), 'utf8')).toBe('one\n');
    const read = ['--action', 'read', '--input', '{"path":"out/a.md"}'];
    expect(await signalbox(folder, ['tools', 'run', 'filesystem', ...read])).toMatchObject({
      code: 0,
      stdout: 'one\n',
    });
  });

  test.each([
    [['jira'], 2, '"tool": there is no tool "jira"'],
    [['git'], 2, '"action": it is missing; "git" has status, diff, log'],
    [['git', '--action', 'log', '--input', '[1]'], 2, '--input is an object of arguments'],
    [['git', '--action', 'log', '--input', '{'], 2, '--input: '],
    [['git', '--action', 'log', '--input', '{"max":0}'], 2, '--input: "max": it is at least 1.'],
    [['gitt'], 2, 'there is no tool "gitt", did you mean "git"?\n'],
    [
      ['filesystem', '--action', 'read', '--input', '{"pth":"x"}'],
      2,
      '--input: "pth": filesystem read has no such argument, did you mean "path"?\n',
    ],
    [
      ['filesystem', '--path', 'x'],
      2,
      'no flag --path; what the tool takes is JSON behind --input',
    ],
    [['git', '--action', 'status'], 1, 'The project is in no git repository'],
    [['http', '--input', '{"url":"http://127.0.0.1:1/"}'], 1, '127.0.0.1'],
    [['filesystem', '--action', 'read', '--input', '{"path":"../x"}'], 1, 'leads out of the'],
    [['filesystem', '--action', 'read', '--input', '{"path":".signalbox/token"}'], 1, 'closed'],
  ])('and refuses %j', async (words, code, message) => {
    const folder = makeFolder(FLOWS);
    const refused = await signalbox(folder, ['tools', 'run', ...words]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(message);
  });
});

test('the daemon lists the same tools', async () => {
  const folder = makeFolder(FLOWS);
  const { ready, end } = await startDaemon(folder);
  const listed = await signalboxJson(folder, ['tools']);
  expect(await new ApiClient(ready).get('/tools')).toMatchObject(listed as object);
  await end();
});
