import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunView } from '../../src/views/run-view.ts';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { until } from '../server/until.ts';

/** Greets by a name, and says what else it knows. */
const FLOWS = {
  greet: {
    on: [{ event: 'user.created', where: "payload.name != 'nobody'" }, 'user.invited'],
    steps: [{ id: 'hello', run: ['echo', 'hello', '{payload.name}', '{payload.team}'] }],
  },
};

const SKIPS_BOTS = `export default ({ event }) =>
  event.data.bot ? { action: 'skip', reason: 'a bot' } : { action: 'continue' };`;
/** Python, as seed 003 writes its hooks. */
const ADDS_TEAM = `
import { json } from 'node:stream/consumers';
const { event } = await json(process.stdin);
if (event.data.team === undefined)
  console.log(JSON.stringify({ action: 'modify', data: { team: 'blue' } }));
`;

/** For what must not run into its budget on a busy machine. */
const budget = '10s';

function folderWith(hooks: object, files: Readonly<Record<string, string>>, more = {}): string {
  const text = JSON.stringify({ hooks, flows: FLOWS, ...more });
  return makeFolder({ 'signalbox.yaml': text, ...files });
}

function outputsOf(runs: readonly RunView[]): unknown[] {
  return runs.map(({ steps }) => steps.at(-1)?.output).toReversed();
}

async function soundness(client: ApiClient): Promise<void> {
  expect(await client.get('/verify')).toMatchObject({ ok: true });
  expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
}

test('a module filters and a command amends, and every command of ours tells of it', async () => {
  const hooks = {
    'event:received': [
      { module: './bots.mjs', budget },
      { command: ['node', 'team.mjs'], budget },
    ],
  };
  const folder = folderWith(hooks, { 'bots.mjs': SKIPS_BOTS, 'team.mjs': ADDS_TEAM });
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  await client.emit({ type: 'user.created', id: 'ann', data: { name: 'ann' } });
  await client.emit({ type: 'user.created', id: 'bob', data: { name: 'bob', team: 'red' } });
  await client.emit({ type: 'user.created', id: 'bot', data: { name: 'bot', bot: true } });
  await client.quiet();
  expect(outputsOf(await client.runs())).toEqual(['hello ann blue', 'hello bob red']);

  const shown = await signalbox(folder, ['events', 'show', 'bot']);
  expect(shown.stdout).toMatch(/event\.filtered +\.\/bots\.mjs/);
  expect(shown.stdout).toMatch(/greet +filtered +hook \.\/bots\.mjs said skip: a bot/);
  const amended = await signalbox(folder, ['events', 'show', 'ann']);
  expect(amended.stdout).toMatch(/event\.amended +node team\.mjs/);
  // The event as received never changes.
  expect(amended.stdout).not.toContain('blue');
  const whyNot = await signalbox(folder, ['why-not', 'bot', 'greet']);
  expect(whyNot.stdout).toMatch(/because +hook \.\/bots\.mjs said skip: a bot/);
  const why = await signalbox(folder, ['why', 'bot']);
  expect(why.stdout).toContain('flow "greet" did not hear of it: hook ./bots.mjs said skip');
  const data = '{"name":"bot","bot":true}';
  const awaited = ['emit', 'user.created', '--data', data, '--wait'];
  expect(await signalbox(folder, awaited)).toMatchObject({
    code: 0,
    stderr: 'flow "greet" did not hear of it: hook ./bots.mjs said skip: a bot.\n',
  });
  await soundness(client);
  expect(await end()).toBe(0);
});

describe('a daemon that is killed between what a hook said and the run', () => {
  test.each(['event.amended', 'run.started'])('as %s was recorded', async (type) => {
    const hooks = { 'event:received': [{ command: ['node', 'team.mjs'], budget }] };
    const folder = folderWith(hooks, { 'team.mjs': ADDS_TEAM });
    for (let round = 1; round <= 2; round++) {
      const { ready, end } = await startDaemon(folder);
      const client = new ApiClient(ready);
      await client.emit({ type: 'user.created', data: { name: `n${round}` } });
      let seen = 0;
      for await (const event of client.stream(type)) {
        if (event.type === type && ++seen === round) break;
      }
      await end('SIGKILL');
    }
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.quiet();
    expect(outputsOf(await client.runs())).toEqual(['hello n1 blue', 'hello n2 blue']);
    expect(await client.events('event.amended')).toHaveLength(2);
    await soundness(client);
    expect(await end()).toBe(0);
  });
});

describe('a hook that', () => {
  const SILENT = /did not answer within/;
  /** Each with its module and what is logged of it; what never answers has little time to. */
  const BAD: readonly (readonly [string, string, RegExp])[] = [
    ['loops', 'export default () => { for (;;); };', SILENT],
    ['never answers', 'export default () => new Promise(() => {});', SILENT],
    ['throws', 'export default () => { throw new Error("no way"); };', /it threw: no way/],
    ['ends its thread', 'export default () => process.exit(3);', /exit code 3/],
    ['cannot be loaded', 'export default (', /cannot be loaded/],
    ['answers garbage', 'export default () => ({ action: "stop" });', /can be understood/],
    ['answers too much', 'export default () => "x".repeat(2 ** 21);', /over 1048576/],
  ];

  test('loops, hangs, throws, ends or answers nonsense goes by what it declares', async () => {
    const bad = BAD.map(([, , told], n) => {
      return { module: `./bad${n}.mjs`, budget: told === SILENT ? '300ms' : budget };
    });
    const hooks = {
      'event:received': bad.flatMap((hook, n) => [
        { ...hook, on_failure: 'open', events: `open.${n}` },
        { ...hook, on_failure: 'closed', events: `closed.${n}` },
      ]),
    };
    const flows = { keep: { on: ['open.*', 'closed.*'], steps: [{ emit: 'kept' }] } };
    const files = Object.fromEntries(BAD.map(([, text], n) => [`bad${n}.mjs`, text]));
    const folder = folderWith(hooks, files, { flows });
    const { ready, end, logged } = await startDaemon(folder);
    const client = new ApiClient(ready);
    for (const [n, [name, , told]] of BAD.entries()) {
      for (const type of [`open.${n}`, `closed.${n}`, `open.${n}`, `closed.${n}`])
        await client.emit({ type, data: { name } });
      await logged(told);
    }
    const { dispositions } = await client.quiet();
    expect(dispositions).toMatchObject({ started: 2 * BAD.length, filtered: 2 * BAD.length });
    const verdicts = await client.events('event.filtered');
    const reason = expect.stringMatching(/^the hook failed: /) as string;
    expect(verdicts.map((event) => event.data)).toMatchObject(
      bad.flatMap(({ module: hook }) => [1, 2].map(() => ({ action: 'deny', hook, reason }))),
    );
    await soundness(client);
    expect(await end()).toBe(0);
  });

  test('is a command and hangs, prints rubbish or is not there is no better', async () => {
    for (const command of [
      ['sh', '-c', 'trap "" TERM; sleep 60'],
      ['sh', '-c', 'head -c 3000000 /dev/urandom'],
      ['sh', '-c', 'echo "]]"; exit 1'],
      ['no-such-program'],
    ]) {
      const hooks = {
        'event:received': [{ command, on_failure: 'closed', budget: '300ms' }],
      };
      const folder = folderWith(hooks, {});
      const { ready, end } = await startDaemon(folder);
      const client = new ApiClient(ready);
      await client.emit({ type: 'user.created', data: { name: 'ann' } });
      expect((await client.quiet()).dispositions).toMatchObject({ started: 0, filtered: 1 });
      await soundness(client);
      expect(await end()).toBe(0);
    }
  });

  test('says what a terminal or an object would obey is shown, and obeyed by nobody', async () => {
    const text = `export default ({ event }) => event.data.evil
      ? JSON.parse('{"action":"skip","reason":"\\\\u001b[31mred\\\\u202e\\\\n"}')
      : JSON.parse('{"action":"modify","data":{"__proto__":{"team":"root"},"constructor":1}}');`;
    const hooks = { 'event:received': [{ module: './evil.mjs', budget }] };
    const folder = folderWith(hooks, { 'evil.mjs': text });
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    await client.emit({ type: 'user.created', id: 'evil', data: { name: 'x', evil: true } });
    await client.emit({ type: 'user.created', id: 'keys', data: { name: 'ann' } });
    await client.quiet();
    for (const args of [
      ['events', 'show', 'evil'],
      ['why-not', 'evil', 'greet'],
      ['why', 'evil'],
      ['history'],
    ]) {
      const { stdout } = await signalbox(folder, args);
      expect(stdout).toContain(String.raw`\u001b[31mred\u202e\n`);
    }
    // No team: what stands under "__proto__" is a key of the data and no more.
    const [run] = await client.runs();
    expect(run).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('team') as string,
    });
    const [amended] = await client.events('event.amended');
    expect(JSON.stringify(amended?.data)).toContain('"__proto__":{"team":"root"},"constructor":1');
    await soundness(client);
    expect(await end()).toBe(0);
  });
});

test('a thousand events go through a hook in their order', async () => {
  const text = `let calls = 0;
    export default () => ({ action: 'modify', data: { call: calls++ } });`;
  const hooks = { 'event:received': [{ module: './count.mjs', budget }] };
  const flows = { keep: { on: 'counted', steps: [{ emit: 'kept', data: '{payload}' }] } };
  const folder = folderWith(hooks, { 'count.mjs': text }, { flows });
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  for (let from = 0; from < 1_000; from += 100) {
    const batch = Array.from({ length: 100 }, (_, n) =>
      client.emit({ type: 'counted', data: { n: from + n } }),
    );
    await Promise.all(batch);
  }
  await client.quiet();
  const events = await client.events('counted');
  const amended = await client.events('event.amended');
  const data = amended.map((event) => event.data as { readonly event: number; data: object });
  expect(data.map((each) => each.event)).toEqual(events.map(({ seq }) => seq));
  expect(data.map((each) => each.data)).toEqual(
    events.map((event, call) => ({ ...(event.data as object), call })),
  );
  expect(await client.events('kept')).toHaveLength(1_000);
  await soundness(client);
  expect(await end()).toBe(0);
});

test('hooks are told of what became of runs and of sources, even as the daemon stops', async () => {
  const tells = `import { appendFileSync } from 'node:fs';
    export default (payload) => appendFileSync('told', JSON.stringify(payload) + '\\n');`;
  const names = [
    'event:queued',
    'event:handler:start',
    'event:handler:end',
    'event:dropped',
    'source:started',
    'source:stopped',
  ];
  const hooks = {
    ...Object.fromEntries(names.map((name) => [name, [{ module: './tell.mjs', budget }]])),
    'event:received': [{ module: './bots.mjs', budget }],
  };
  const sources = [{ type: 'schedule', cron: '0 0 1 1 *', handler: 'greet' }];
  const folder = folderWith(hooks, { 'tell.mjs': tells, 'bots.mjs': SKIPS_BOTS }, { sources });
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  const file = join(folder, 'told');
  const told = (): { readonly hook: string; readonly run: string | null }[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as { hook: string; run: string | null })
      : [];
  await client.emit({ type: 'user.created', data: { name: 'ann', team: 'red' } });
  await client.emit({ type: 'user.created', data: { name: 'bot', bot: true } });
  await client.quiet();
  await until(() => (told().length >= names.length - 1 ? true : undefined));
  expect(await end()).toBe(0);
  expect(
    told()
      .map(({ hook }) => hook)
      .toSorted(),
  ).toEqual(names.toSorted());
  const run = told().find(({ hook }) => hook === 'event:handler:end');
  expect(run).toMatchObject({
    event: { type: 'user.created', data: { name: 'ann', team: 'red' } },
    handler: 'greet',
    result: { success: true, error: null },
    reason: null,
  });
});
