import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatLine, readLine } from '../../src/events/event-log/line.ts';
import type { EventView } from '../../src/views/event-view.ts';
import type { ProposalView } from '../../src/views/proposal-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/commit', import.meta.url));
const LOG = 'claude/project/events/event.log';
/** What a shell, git or a log would take for something else than a name. */
const FILES = ['notes.md', `a 'b"\n$(c).txt`, '--force', 'wïth|pipe'];
const MESSAGE = 'Say: "it" (fixes #7, see #9)';

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
}

/** The shipped example in a git repository of its own, with files that are not committed yet. */
function repository(): string {
  const folder = makeFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'config', 'user.name', 'Ann');
  git(folder, 'config', 'user.email', 'ann@example.com');
  git(folder, 'add', '--all');
  git(folder, 'commit', '-qm', 'The workflow');
  for (const name of FILES) writeFileSync(join(folder, name), `${name}\n`);
  return folder;
}

/** The command as it was before its steps were tools. */
function oldCommand(folder: string, args: readonly string[], mode: string, answer = '') {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, MODE: mode };
  const options = { cwd: folder, env, input: answer, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync('bash', ['commit.sh', ...args], options);
  return { status, stdout, log: readLog(folder) };
}

/** The types of an event log, each of whose lines says one. */
function readLog(folder: string): readonly string[] {
  const lines = readFileSync(join(folder, LOG), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const said = readLine(line);
    if (said.kind === 'event') return said.event.type;
    return said.kind === 'own' ? said.type : `${said.kind}: ${line}`;
  });
}

/** What one run of the workflow by events left behind, and then one of the old command. */
interface Left {
  readonly files: readonly string[];
  readonly message: string;
  readonly events: readonly EventView[];
  readonly logged: readonly string[];
  readonly commits: readonly string[];
  readonly audited: readonly string[];
  readonly shown: unknown;
}

async function workflow(): Promise<Left> {
  const folder = repository();
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  await client.emit({ type: 'changes_detected', data: { message: MESSAGE, files: FILES } });
  await client.quiet();
  const files = git(folder, 'show', '--name-only', '--format=', '-z').split('\0').slice(0, -1);
  const message = git(folder, 'log', '-1', '--format=%s').trim();
  appendFileSync(join(folder, 'notes.md'), 'more\n');
  oldCommand(folder, ['Old', 'notes.md'], 'automated');
  for await (const event of client.stream('workflow_completed')) {
    if (event.type === 'workflow_completed') break;
  }
  await client.quiet();
  const events = await client.events('*');
  await until(() => unlogged(events, readLog(folder)).length === 0 || undefined);
  const shown = await signalboxJson(folder, ['events', 'show', events[0]?.id ?? '']);
  await end();
  const commits = git(folder, 'log', '--format=%s').trim().split('\n');
  const audit = readFileSync(join(folder, 'claude/project/audit/commits.jsonl'), 'utf8');
  const audited = audit.trim().split('\n');
  return { files, message, events, logged: readLog(folder), commits, audited, shown };
}

/** The types of events that are none of the daemon's own, and that its event log does not tell. */
function unlogged(events: readonly EventView[], logged: readonly string[]): readonly string[] {
  const written = events.filter(({ source }) => !source.startsWith('event_log:'));
  const types = written.map(({ type }) => type).filter((type) => !/^(catalog|daemon)/.test(type));
  return types.filter((type) => !logged.includes(type));
}

let once: Promise<Left> | undefined;
/** It is done once for all who look at it. */
const left = (): Promise<Left> => (once ??= workflow());

/** `type < type of its cause`, of what tools and rules emitted. */
function whatCausedWhat(events: readonly EventView[]): readonly string[] {
  const typeOf = (id: string | undefined): string =>
    events.find((event) => event.id === id)?.type ?? 'nothing';
  const told = events.filter(({ source }) => source.startsWith('flow:'));
  return told.map(({ type, causationid }) => `${type} < ${typeOf(causationid)}`);
}

describe('Test Plan', () => {
  test('Create event logging test suite', () => {
    const folder = repository();
    const { log } = oldCommand(folder, ['One', 'notes.md'], 'automated');
    expect(log).toEqual([
      'workflow_started',
      ...['validate', 'stage', 'commit', 'detect_issues', 'audit'].map(() => 'workflow_step'),
      'workflow_completed',
    ]);
    const [first = ''] = readFileSync(join(folder, LOG), 'utf8').split('\n');
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\|EVENT\|workflow_started\|commit\|\|One$/);
    const words = { time: '2026-11-27T20:00:00Z', type: 'a|b', operation: 'c\n', context: '\\' };
    const said = readLine(formatLine({ ...words, payload: 'd' }));
    expect(said).toMatchObject({ kind: 'event', event: { type: 'a|b' } });
  });

  test('Test tool decomposition with COMMIT workflow', async () => {
    const { files, message, events, audited } = await left();
    expect(files.toSorted()).toEqual(FILES.toSorted());
    expect(message).toBe(MESSAGE);
    const told = whatCausedWhat(events);
    expect(told.slice(0, 6)).toEqual([
      'validation_requested < changes_detected',
      'changes_validated < run.started',
      'staging_requested < changes_validated',
      'files_staged < run.started',
      'commit_requested < files_staged',
      'commit_created < run.started',
    ]);
    // What answers the commit goes on side by side.
    expect(told.slice(6).toSorted()).toEqual([
      'audit_log_requested < commit_created',
      'audit_logged < run.started',
      'issue_detection_requested < commit_created',
      'issues_detected < run.started',
    ]);
    const issues = events.find(({ type }) => type === 'issues_detected');
    expect(issues?.data).toMatchObject({
      issues: [
        { number: 7, closes: true },
        { number: 9, closes: false },
      ],
    });
    expect(JSON.parse(audited[0] ?? '')).toMatchObject({ message: MESSAGE, files: FILES });
  });

  test('Verify backward compatibility with existing workflows', () => {
    const folder = repository();
    const no = oldCommand(folder, ['Asked', 'notes.md'], 'interactive', 'n\n');
    expect(no).toMatchObject({ status: 1, stdout: expect.stringContaining('+notes.md') as string });
    expect(git(folder, 'status', '--short', 'notes.md')).toBe('?? notes.md\n');
    const yes = oldCommand(folder, ['Asked', 'notes.md'], 'interactive', 'y\n');
    expect(yes.status).toBe(0);
    expect(git(folder, 'log', '-1', '--format=%s')).toBe('Asked\n');
    expect(oldCommand(folder, [], 'automated').status).toBe(2);
    expect(oldCommand(folder, ['Nothing', 'none.md'], 'automated')).toMatchObject({ status: 1 });
    expect(oldCommand(folder, ['All the rest'], 'automated').status).toBe(0);
    expect(git(folder, 'status', '--short')).toBe('');
  });

  test('Test dual-mode execution (interactive + automated)', async () => {
    const folder = repository();
    const stage = (
      name: string,
      ...flags: readonly string[]
    ): Promise<{ readonly stderr: string }> =>
      signalbox(folder, [
        'tools',
        'run',
        'stage',
        ...flags,
        '--input',
        JSON.stringify({ message: 'x', files: [name] }),
      ]);
    expect((await stage('notes.md', '--interactive')).stderr).toContain('Staging 1 files...');
    expect((await stage('--force')).stderr).not.toContain('Staging');
    expect(git(folder, 'diff', '--cached', '--name-only')).toBe('--force\nnotes.md\n');
  });

  test('Dual-mode execution (interactive + automated): asked before each tool', async () => {
    const folder = repository();
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const data = JSON.stringify({ message: MESSAGE, files: FILES });
    await signalbox(folder, ['trigger', 'commit_flow', '--interactive', '--data', data]);
    const [asked, shown]: [string[], string[]] = [[], []];
    while (asked.length < 5) {
      const proposal = await until(async () => {
        const page = await signalboxJson(folder, ['proposals']);
        return (page as { readonly items: readonly ProposalView[] }).items.at(-1);
      });
      asked.push(proposal.flow);
      const { stdout } = await signalbox(folder, ['proposals', 'show', proposal.id]);
      shown.push(stdout);
      await signalbox(folder, ['approve', proposal.id, '--hash', proposal.hash]);
    }
    await client.quiet();
    expect(asked.slice(0, 3)).toEqual(['validate', 'stage', 'commit']);
    // Who is asked sees by lines what would be committed, and none of it does anything.
    expect(shown[2]).toContain('\n  +++ b/notes.md\n  @@ -0,0 +1 @@\n  +notes.md\n');
    expect(shown[2]).toContain(String.raw`+a 'b"`);
    expect(asked.slice(3).toSorted()).toEqual(['audit', 'detect_issues']);
    expect(git(folder, 'log', '-1', '--format=%s').trim()).toBe(MESSAGE);
    await end();
  });

  test('Validate event emission and choreography readiness', async () => {
    const { events } = await left();
    const first = events.find(({ type }) => type === 'changes_detected');
    const told = events.filter(({ source }) => source.startsWith('flow:'));
    expect(new Set(told.map(({ correlationid }) => correlationid))).toEqual(new Set([first?.id]));
    const tools = events.filter(({ type }) => type.startsWith('tool.'));
    const names = ['validate', 'stage', 'commit', 'detect_issues', 'audit'];
    for (const tool of names) {
      const own = tools.filter(({ data }) => (data as { readonly tool: string }).tool === tool);
      const types = own.map(({ type }) => type);
      expect(types).toEqual(['tool.requested', 'tool.started', 'tool.completed']);
    }
  });
});

/** What the commit is told of what is staged. */
function pick(staged: object): { readonly staged: unknown; readonly diff: unknown } {
  const { staged: digest, diff } = { staged: undefined, diff: undefined, ...staged };
  return { staged: digest, diff };
}

describe('Success Criteria', () => {
  test('All workflows emit standardized events', async () => {
    const { logged } = await left();
    expect(logged.filter((type) => /^(bad|blank)/.test(type))).toEqual([]);
    expect(logged).toEqual(expect.arrayContaining(['commit_created', 'workflow_completed']));
  });

  test('Tools can be executed independently', async () => {
    const folder = repository();
    const run = async (tool: string, input: object): Promise<unknown> =>
      signalboxJson(folder, ['tools', 'run', tool, '--input', JSON.stringify(input)]);
    const change = { message: MESSAGE, files: FILES };
    const validated = { status: 'success', ...change, next_events: ['changes_validated'] };
    expect(await run('validate', change)).toEqual(validated);
    expect(await run('stage', change)).toMatchObject({ files_count: 4 });
    expect(await run('unstage', { files: ['notes.md'] })).toMatchObject({ files_count: 1 });
    const staged = (await run('stage', change)) as object;
    const shown = { ...change, ...pick(staged) };
    expect(shown.diff).toContain('+--force\n');
    // Nothing else is committed than what was shown.
    writeFileSync(join(folder, 'notes.md'), 'changed\n');
    const tools = ['tools', 'run', 'commit', '--input'];
    const changed = await signalbox(folder, [...tools, JSON.stringify(shown)]);
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stderr).toContain('The files are not what was staged any more.');
    writeFileSync(join(folder, 'notes.md'), 'notes.md\n');
    const lying = await signalbox(folder, [...tools, JSON.stringify({ ...shown, diff: '+good' })]);
    expect(lying).toMatchObject({ code: 1 });
    expect(lying.stderr).toContain('The diff is not that of what is staged.');
    const made = (await run('commit', shown)) as { readonly commit: string };
    expect(made.commit).toBe(git(folder, 'rev-parse', 'HEAD').trim());
    expect(await run('detect_issues', { message: 'closes #3', commit: 'c' })).toMatchObject({
      issues: [{ number: 3, closes: true }],
    });
    expect(await run('audit', { ...change, commit: made.commit })).toMatchObject({});
    expect(await run('uncommit', { commit: made.commit })).toMatchObject({ undone: true });
    expect(await run('uncommit', { commit: made.commit })).toMatchObject({ undone: false });
    expect(git(folder, 'log', '--format=%s')).toBe('The workflow\n');
  });

  test('Events are properly logged and accessible', async () => {
    const { events, logged, shown } = await left();
    expect(unlogged(events, logged)).toEqual([]);
    expect(shown).toMatchObject({ id: events[0]?.id, type: events[0]?.type });
  });

  test('Choreography foundation is ready for future automation', async () => {
    const folder = repository();
    const { code, stdout } = await signalbox(folder, ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '13 flows, nothing found.\n' });
    const seed = new URL('../fixtures/seed-001/choreography-example.yaml.txt', import.meta.url);
    const ours = readFileSync(join(folder, 'choreographies/commit.yaml'), 'utf8');
    expect(ours).toBe(readFileSync(seed, 'utf8'));
  });

  test('No breaking changes to existing workflow usage', async () => {
    const { commits, audited, events } = await left();
    expect(commits).toEqual(['Old', MESSAGE, 'The workflow']);
    expect(audited).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'commit_created')).toHaveLength(1);
  });
});

/** The same tools as the steps of one run. */
const AT_ONCE = `
flows:
  at_once:
    on: at_once
    steps:
      - { tool: stage, message: "{payload.message}", files: "{payload.files}" }
      - { tool: commit, message: "{payload.message}", files: "{payload.files}" }
      - { run: [test, -e, good], retry: { attempts: 1 } }
`;

describe('what the workflow did is undone', () => {
  test('where a later step of its run fails, and where the commit is rejected', async () => {
    const folder = repository();
    rmSync(join(folder, 'choreographies'), { recursive: true });
    mkdirSync(join(folder, 'flows'));
    writeFileSync(join(folder, 'flows', 'at-once.yaml'), AT_ONCE);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const change = { message: MESSAGE, files: FILES };
    await client.emit({ type: 'at_once', data: change });
    const undone = await until(async () =>
      (await client.runs()).find(({ ended }) => ended !== null),
    );
    expect(undone).toMatchObject({ flow: 'at_once', state: 'compensated' });
    expect(git(folder, 'log', '--format=%s')).toBe('The workflow\n');
    expect(git(folder, 'diff', '--cached', '--name-only')).toBe('');

    writeFileSync(join(folder, 'good'), '');
    await client.emit({ type: 'at_once', data: change });
    await until(async () => (await client.runs()).find(({ state }) => state === 'succeeded'));
    expect(git(folder, 'log', '-1', '--format=%s').trim()).toBe(MESSAGE);
    const commit = git(folder, 'rev-parse', 'HEAD').trim();
    await client.emit({ type: 'commit_rejected', data: { commit, files: FILES } });
    const isBack = ({ flow, state }: RunView): boolean =>
      flow === 'take_back' && state === 'succeeded';
    await until(async () => (await client.runs()).find(isBack));
    expect(git(folder, 'log', '--format=%s')).toBe('The workflow\n');
    expect(git(folder, 'diff', '--cached', '--name-only')).toBe('');
    await end();
  });

  test('but not a commit that somebody else has', async () => {
    const folder = repository();
    const elsewhere = makeFolder();
    git(elsewhere, 'init', '-q', '--bare');
    oldCommand(folder, ['Pushed', 'notes.md'], 'automated');
    git(folder, 'push', '-q', elsewhere, 'main');
    git(folder, 'remote', 'add', 'origin', elsewhere);
    git(folder, 'fetch', '-q', 'origin');
    const commit = git(folder, 'rev-parse', 'HEAD').trim();
    const input = JSON.stringify({ commit });
    const refused = await signalbox(folder, ['tools', 'run', 'uncommit', '--input', input]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('has been pushed; revert it instead.');
    expect(git(folder, 'rev-parse', 'HEAD').trim()).toBe(commit);
  });
});
