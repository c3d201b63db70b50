import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';
import { NAUGHTY } from '../fixtures/naughty-texts.ts';

/** A project in a git repository of one commit, with a flow of these steps. */
function projectOf(steps: readonly object[]): string {
  const flows = { notes: { on: 'notes.wanted', steps } };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@b.c', ...args], {
      cwd: folder,
    });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'First of all');
  return folder;
}

/** The states of a run that goes on by itself. */
const MOVING: readonly string[] = ['queued', 'running'];

const STEPS = [
  { id: 'commits', tool: 'git', action: 'log' },
  { id: 'notes', tool: 'filesystem', action: 'write', path: 'out/notes.md', content: '{git_log}' },
  { id: 'rest', sleep: '300ms' },
  {
    id: 'two',
    tool: 'filesystem',
    action: 'write',
    with: {
      files: ['a', 'b'].map((name) => ({ path: `out/${name}.md`, content: '{payload.text}' })),
    },
  },
  { id: 'text', tool: 'filesystem', action: 'read', path: ['out/a.md', 'out/b.md'] },
  { id: 'told', emit: 'notes.written', data: { text: '{files_content}' } },
];

describe('a flow that uses tools goes on where it was killed', () => {
  test.each([
    { type: 'step.completed', count: 1 },
    { type: 'step.waiting', count: 1 },
    { type: 'step.completed', count: 3 },
  ])('after $type ($count) was recorded', async ({ type, count }) => {
    const folder = projectOf(STEPS);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'notes.wanted', data: { text: 'whole' } });
    let seen = 0;
    for await (const event of client.stream(type)) {
      if (event.type === type && ++seen === count) break;
    }
    await end('SIGKILL');

    const daemon = await startDaemon(folder);
    const again = new ApiClient(daemon.ready);
    await again.quiet();
    expect(await again.runs()).toMatchObject([{ state: 'succeeded' }]);
    const [told] = await again.events('notes.written');
    expect(await again.event(told?.id ?? '')).toMatchObject({
      data: { text: '==> out/a.md <==\nwhole\n\n==> out/b.md <==\nwhole\n' },
    });
    expect(await again.get('/verify')).toMatchObject({ ok: true });
    expect(await again.get('/rebuild-check')).toMatchObject({ ok: true });
    await daemon.end();
    expect(readFileSync(join(folder, 'out/notes.md'), 'utf8')).toContain(' Ann: First of all');
    expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['a.md', 'b.md', 'notes.md']);
  });

  test('and an append of which nobody knows is not repeated', async () => {
    const path = 'log.txt';
    const folder = projectOf([{ tool: 'filesystem', action: 'append', path, content: 'line\n' }]);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'notes.wanted' });
    for await (const event of client.stream('step.started')) {
      if (event.type === 'step.started') break;
    }
    await end('SIGKILL');

    const daemon = await startDaemon(folder);
    const again = new ApiClient(daemon.ready);
    const run = await until(async () => {
      const [found] = await again.runs();
      return found === undefined || MOVING.includes(found.state) ? undefined : found;
    });
    await daemon.end();
    // It was done and recorded just before the kill, or it waits for a person to say.
    expect(['succeeded', 'waiting']).toContain(run.state);
    const file = join(folder, path);
    expect(['', 'line\n']).toContain(existsSync(file) ? readFileSync(file, 'utf8') : '');
  });
});

test('whatever an event says, its tools stay in the project and run nothing', async () => {
  const retry = { attempts: 1 };
  const folder = projectOf([
    { tool: 'filesystem', action: 'read', path: '{payload.text}', on_error: 'continue', retry },
    { tool: 'git', action: 'log', ref: '{payload.text}', on_error: 'continue', retry },
    { tool: 'git', action: 'log', path: '{payload.text}', on_error: 'continue', retry },
    { tool: 'git', action: 'log', since: '{payload.text}', on_error: 'continue', retry },
    { tool: 'filesystem', action: 'write', path: 'said', content: '{payload.text}' },
  ]);
  const before = readdirSync(folder).toSorted();
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  for (const text of PAYLOADS) await client.emit({ type: 'notes.wanted', data: { text } });
  await client.quiet();
  const runs = await client.runs();
  expect(runs.length).toBe(PAYLOADS.length);
  await daemon.end();
  const made = readdirSync(folder).filter((name) => !before.includes(name));
  expect(made.toSorted()).toEqual(['.signalbox', 'said']);
  expect(PAYLOADS).toContain(readFileSync(join(folder, 'said'), 'utf8'));
});

/** Texts that some program takes for something else than a text. */
const PAYLOADS: readonly string[] = [
  '";touch pwned;"',
  '$(touch pwned)',
  '`touch pwned`',
  '| touch pwned',
  '\ntouch pwned\n',
  '--output=pwned',
  '--exec=touch pwned',
  '--upload-pack=touch pwned',
  '-c core.pager=touch',
  '--help',
  'ext::sh -c touch%20pwned',
  '@{-1}',
  ':(top)x',
  'HEAD@{now}',
  '../../../../etc/passwd',
  '/proc/self/environ',
  '/dev/stdin',
  '.signalbox/token',
  '.git/config',
  ...NAUGHTY.slice(0, 12),
];
