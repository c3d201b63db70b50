import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { EventView } from '../../src/views/event-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';

const SEED = fileURLToPath(new URL('../fixtures/seed-001', import.meta.url));
const SEED_TOOL = 'source ./stage-files-tool.sh.txt; stage_files_tool "$@"';
const VALID = 'validate_git_state() { git rev-parse --git-dir >/dev/null; }';

/** Emits with the token of its run: an error, and then what it must not any more. */
const SENDER = `
const post = async (type) => {
  const { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: token } = process.env;
  const headers = { authorization: \`Bearer \${token}\`, 'content-type': 'application/json' };
  const body = JSON.stringify({ type, data: {} });
  return (await fetch(\`\${url}/api/v1/events\`, { method: 'POST', headers, body })).status;
};
const codes = [];
for (const type of process.argv.slice(2)) codes.push(await post(type));
console.log(JSON.stringify({ codes, next_events: ['sent'] }));
`;

interface ToolFile {
  readonly on: string;
  readonly run: readonly string[];
  readonly emits?: readonly string[];
}

/** A project in a git repository with the choreography of the seed, and these tools. */
function projectOf(tools: Readonly<Record<string, ToolFile>>): string {
  const files = { 'a.txt': 'a\n', 'b c.txt': 'b\n', 'sender.mjs': SENDER };
  const folder = makeFolder({ 'signalbox.yaml': 'flows: {}\n', ...files });
  execFileSync('git', ['init', '-q'], { cwd: folder });
  cpSync(SEED, folder, { recursive: true });
  for (const name of ['tools', 'choreographies']) mkdirSync(join(folder, name));
  cpSync(join(SEED, 'choreography-example.yaml.txt'), join(folder, 'choreographies/commit.yaml'));
  for (const [tool, file] of Object.entries(tools)) {
    const input = { files: 'array' };
    const text = JSON.stringify({ tool, input, ...file });
    writeFileSync(join(folder, 'tools', `${tool}.yaml`), text);
  }
  return folder;
}

const typesOf = (events: readonly EventView[]): readonly string[] =>
  events.filter(({ source }) => source.startsWith('flow:')).map(({ type }) => type);

describe('a tool that answers events', () => {
  const bash = (script: string): ToolFile['run'] => ['bash', '-c', script, 'bash', '{input.files}'];

  test('is the one of seed 001 as it stands, and what follows is told once', async () => {
    const folder = projectOf({
      stage: {
        on: 'staging_requested',
        run: bash(`${VALID}; ${SEED_TOOL}`),
        emits: ['files_staged'],
      },
      bare: { on: 'bare_requested', run: bash(SEED_TOOL) },
    });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const data = { files: ['a.txt', 'b c.txt'] };
    await client.emit({ type: 'staging_requested', data });
    await client.quiet();
    const events = await client.events('*');
    expect(typesOf(events)).toEqual(['files_staged', 'commit_requested']);
    const [staged, requested] = events.filter(({ source }) => source === 'flow:stage');
    expect(staged).toMatchObject({
      data: { operation: 'stage_files', context: '', payload: '2 files' },
    });
    expect(requested).toMatchObject({ causationid: staged?.id, data: { files_count: 2 } });
    const index = execFileSync('git', ['diff', '--cached', '--name-only'], { cwd: folder });
    expect(String(index)).toBe('a.txt\nb c.txt\n');

    // Without its check of git it emits "error", and goes on all the same.
    await client.emit({ type: 'bare_requested', data });
    await client.quiet();
    const later = (await client.events('*')).slice(events.length);
    expect(typesOf(later)).toEqual(['error']);
    expect(later.find(({ type }) => type === 'tool.failed')?.data).toMatchObject({
      tool: 'bare',
      data,
      code: 'tool.failed',
      message: expect.stringContaining('"error": git_state_invalid') as string,
    });
    await daemon.end();
  });

  test('fails by an "error" that it sends with its token, and sends nothing after it', async () => {
    const run = ['node', 'sender.mjs', '{input.files}'];
    const folder = projectOf({
      sender: { on: 'sending_requested', run },
      later: { on: 'files_staged', run: ['true'] },
    });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const send = async (files: readonly string[]): Promise<readonly EventView[]> => {
      const { seq = 0 } = (await client.emit({ type: 'sending_requested', data: { files } })) ?? {};
      await client.quiet();
      return (await client.events('*')).filter((event) => event.seq > seq);
    };
    const good = await send(['files_validated']);
    const told = good.find(({ type }) => type === 'files_validated');
    const sent = good.find(({ type }) => type === 'sent');
    expect(sent).toMatchObject({ causationid: told?.id, data: { codes: [202] } });
    const bad = await send(['error', 'files_staged']);
    const types = bad.map(({ type }) => type);
    expect(types).toEqual([
      'run.started',
      'tool.requested',
      'tool.started',
      'error',
      'tool.failed',
      'run.failed',
    ]);
    await daemon.end();
  });

  test('emits each event once where the daemon is killed in the midst of it', async () => {
    const script =
      'emit_event files_staged stage; until [ -e go ]; do sleep 0.01; done;' +
      `echo '{"next_events":["commit_requested"]}'`;
    const folder = projectOf({ stage: { on: 'staging_requested', run: bash(script) } });
    const killed = await startDaemon(folder);
    const before = new ApiClient(killed.ready);
    await before.emit({ type: 'staging_requested', data: { files: [] } });
    for await (const event of before.stream('tool.started')) {
      if (event.type === 'tool.started') break;
    }
    await killed.end('SIGKILL');
    writeFileSync(join(folder, 'go'), '');
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    await client.quiet();
    const events = await client.events('*');
    expect(typesOf(events)).toEqual(['files_staged', 'commit_requested']);
    expect(await client.get('/verify')).toMatchObject({ ok: true });
    expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
    await daemon.end();
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('a\n');
  });
});
