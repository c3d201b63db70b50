import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, start, startDaemon } from './signalbox.ts';

const CONFIGURATION = `
handlers:
  greet:
    steps: [ { id: text, run: [node, -p, "'hello ' + process.argv[1]", "{payload.name}"] } ]
  fail: { steps: [ { id: stop, run: [node, -e, "process.exit(3)"], retry: { attempts: 1 } } ] }
flows:
  answer: { on: user.created, steps: [ { id: ask, emit: asked } ] }
`;

async function event(folder: string, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await signalbox(folder, ['event', ...args]);
  return { code, result: JSON.parse(stdout) as unknown, stderr };
}

const ID = expect.stringMatching(/^sb\w+-\d+$/) as string;

describe('event', () => {
  test('processes one event to the end without a daemon', async () => {
    const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
    const payload = '{"name":"Ada"}';
    expect(await event(folder, '--handler', 'greet', '--payload', payload)).toMatchObject({
      code: 0,
      result: {
        event_id: ID,
        success: true,
        actions_taken: ['greet/text'],
        output: 'hello Ada',
        error: null,
      },
    });
    expect(await event(folder, '--type', 'user.created')).toMatchObject({
      code: 0,
      result: { success: true, actions_taken: ['answer/ask'] },
    });
  });

  test('processes it with the daemon that runs', async () => {
    const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
    const { end } = await startDaemon(folder);
    expect(await event(folder, '--handler', 'greet', '--payload', '{"name":"Bob"}')).toMatchObject({
      code: 0,
      result: { success: true, output: 'hello Bob' },
    });
    expect(await end()).toBe(0);
  });

  test('waits until what is taken together with others is taken', async () => {
    const folder = makeFolder({
      'signalbox.yaml': `${CONFIGURATION}sources:
  - { type: webhook, name: a, path: /hooks/a, auth: none, handler: answer }
  - { type: webhook, path: /hooks/b, auth: none, handler: answer, debounce: { wait: 300ms } }
`,
    });
    expect(await event(folder, '--type', 'webhook')).toMatchObject({
      code: 0,
      result: { success: true, actions_taken: ['answer/ask', 'answer/ask'] },
    });
  });

  test('asks the sources in force, and says that the files differ', async () => {
    const source = 'type: schedule, every: 1h, handler: answer';
    const written = (name: string): string =>
      `${CONFIGURATION}sources:\n  - { ${source}, name: ${name} }\n`;
    const folder = makeFolder({ 'signalbox.yaml': written('early') });
    const { code, stderr } = await signalbox(folder, ['event', '--type', 'schedule']);
    expect({ code, told: stderr.match(/handler "greet"/g) }).toEqual({
      code: 0,
      told: ['handler "greet"'],
    });
    expect(stderr).not.toContain('--apply');
    writeFileSync(join(folder, 'signalbox.yaml'), written('late'));
    expect(await event(folder, '--type', 'schedule')).toMatchObject({
      code: 0,
      result: { success: true, actions_taken: ['answer/ask'] },
      stderr: expect.stringContaining('up --apply') as string,
    });
  });

  test.each([
    {
      args: ['--handler', 'fail'],
      result: { success: false, actions_taken: [], error: expect.stringContaining('fail failed') },
    },
    {
      args: ['--type', 'nobody.listens'],
      result: { success: false, event_id: ID, error: 'No flow answers this event.' },
    },
  ])('is a failure where it comes to $result', async ({ args, result }) => {
    const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
    expect(await event(folder, ...args)).toMatchObject({ code: 1, result });
  });

  test('says which proposal it waits for, and how to decide on it', async () => {
    const gated = 'gated: { on: wanted, steps: [ { emit: gone, gate: { risk: low } } ] }';
    const folder = makeFolder({ 'signalbox.yaml': `flows: { ${gated} }\n` });
    const child = start(folder, ['event', '--type', 'wanted']);
    const ended = once(child, 'close');
    let out = '';
    child.stdout.on('data', (bytes) => (out += String(bytes)));
    const [said] = (await once(child.stderr, 'data')) as [Buffer];
    const waits = /^proposal (\S+) waits for somebody; decide with: signalbox approve \1\n$/;
    expect(said.toString()).toMatch(waits);
    const id = waits.exec(said.toString())?.[1] ?? '';
    const { stdout } = await signalbox(folder, ['proposals', 'show', id, '--json']);
    const { hash } = JSON.parse(stdout) as { readonly hash: string };
    await signalbox(folder, ['approve', id, '--hash', hash]);
    expect((await ended)[0]).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ success: true, error: null });
  });

  test('says what is wrong with its words', async () => {
    const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
    for (const [args, says] of [
      [[], 'Name the type of the event or its handler'],
      [['--handler', 'great'], 'did you mean "greet"?'],
      [['--type', 'x', '--payload', '{'], '--payload'],
    ] as const) {
      const { code, stderr } = await signalbox(folder, ['event', ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    }
  });
});
