import { describe, expect, test } from 'vitest';
import { readRuns } from '../../src/views/run-page.ts';
import { choreographyBox, whatAnsweredWhat } from '../fixtures/choreography-box.ts';

const LOOP = `
choreography:
  name: loop
  triggers:
    - { event: ping, where: payload.n > 0 }
    - { event: begun, source: "git:*", subject: main }
    - broken.*
  flow:
    - { on: ping, emit: pong }
    - { id: again, on: pong, emit: ping, max: 2 }
    - { id: other, on: [ side, broken.down ], emit: done }
`;

/** The flows of the runs, and how each says that its instance began. */
async function begun(files: Readonly<Record<string, string>>, emit: readonly Emitting[]) {
  const made = await choreographyBox(files);
  for (const { type, data = {}, ...options } of emit) await made.emit(type, data, options);
  const runs = await made.runs();
  return runs.map(({ flow, choreography }) => `${flow} ${choreography?.began ?? '-'}`);
}

interface Emitting {
  readonly type: string;
  readonly data?: { readonly n?: number };
  readonly id?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly correlationid?: string;
}

const FILES = { 'choreographies/loop.yaml': LOOP };

describe('an instance', () => {
  test('begins by a trigger, and says so in the first run of its rules', async () => {
    expect(await begun(FILES, [{ type: 'broken.down' }])).toEqual([
      'loop.trigger trigger',
      'loop.other -',
    ]);
    const pings = await begun(FILES, [{ type: 'ping', data: { n: 1 } }]);
    expect(pings[0]).toBe('loop.1 trigger');
    expect(pings.slice(1).every((line) => line.endsWith(' -'))).toBe(true);
  });

  test('begins by an event of a rule that comes with none, and says so', async () => {
    expect(await begun(FILES, [{ type: 'side' }])).toEqual(['loop.other rule']);
    // Neither is what the triggers ask for.
    expect((await begun(FILES, [{ type: 'ping', data: { n: 0 } }]))[0]).toBe('loop.1 rule');
    expect((await begun(FILES, [{ type: 'ping' }]))[0]).toBe('loop.1 rule');
  });

  test('begins by a trigger that no rule answers, and goes on under its correlation', async () => {
    const lines = await begun(FILES, [
      { type: 'begun', source: 'git:api', subject: 'main', id: 'root-1' },
      { type: 'side', correlationid: 'root-1' },
      { type: 'begun', source: 'svn:api', subject: 'main' },
    ]);
    expect(lines).toEqual(['loop.trigger trigger', 'loop.other -']);
  });
});

describe('a rule with "max"', () => {
  test('answers as often in each instance, and no more', async () => {
    const made = await choreographyBox(FILES);
    await made.emit('ping', { n: 1 });
    const { id } = await made.emit('ping', { n: 2 });
    const answers = await whatAnsweredWhat(made);
    expect(answers.filter((line) => line === 'ping < pong')).toHaveLength(4);
    const dropped = await made.events('event.dropped');
    expect(dropped.map(({ data }) => data)).toMatchObject([
      { flow: 'loop.again' },
      {
        flow: 'loop.again',
        reason: `Rule "again" of "loop" has answered 2 times in ${id}: "max".`,
      },
    ]);
    expect((await made.engine.verify({ deep: false, progress: () => {} })).ok).toBe(true);
  });

  test('still answers a person who starts it by its name', async () => {
    const made = await choreographyBox({
      'choreographies/a.yaml': `
choreography:
  name: once
  triggers: [ a ]
  flow: [ { on: a, emit: b, max: 1 } ]
`,
    });
    await made.emit('a', {}, { id: 'root' });
    await made.emit('a', {}, { correlationid: 'root' });
    const [dropped] = await made.events('event.dropped');
    expect(dropped?.data).toMatchObject({
      reason: 'Rule "1" of "once" has answered once in root: "max".',
    });
    await made.engine.trigger({ flow: 'once.1', data: '{}', by: 'me' });
    await made.advance('1s');
    expect(await made.events('b')).toHaveLength(2);
  });
});

test('runs are listed by the name of a choreography, and by the root of an instance', async () => {
  const made = await choreographyBox(FILES);
  const { seq, id } = await made.emit('side');
  await made.emit('ping', { n: 1 });
  const listed = async (query: object): Promise<readonly string[]> =>
    (await readRuns(made.engine, { limit: 50, ...query })).items.map(({ flow }) => flow);
  expect(await listed({ flow: 'loop' })).toHaveLength((await made.runs()).length);
  for (const correlation of [id, String(seq)]) {
    expect(await listed({ correlation })).toEqual(['loop.other']);
  }
  expect(await listed({ flow: 'loop', correlation: 'nothing' })).toEqual([]);
});

describe('a choreography that is begun by hand', () => {
  test('is told its first trigger that has a whole type', async () => {
    const made = await choreographyBox(FILES);
    await made.engine.trigger({ flow: 'loop', data: '{"n":3}', by: 'me' });
    await made.advance('1s');
    expect((await made.events('ping'))[0]).toMatchObject({ source: 'manual', data: { n: 3 } });
  });

  test('keeps to the source and the subject of its trigger', async () => {
    const files = {
      'choreographies/a.yaml': `
choreography:
  name: a
  triggers: [ "git.*", { event: a, source: "shell", subject: s } ]
  flow: [ { on: { event: a, source: shell }, emit: b } ]
`,
      'choreographies/b.yaml': `
choreography:
  name: b
  triggers: [ "git.*" ]
  flow: [ { on: "git.*", emit: c } ]
`,
    };
    const made = await choreographyBox(files);
    await made.engine.trigger({ flow: 'a', data: 'null', by: 'me' });
    await made.advance('1s');
    expect((await made.events('a'))[0]).toMatchObject({ source: 'shell', subject: 's' });
    expect(await made.engine.trigger({ flow: 'b', data: 'null', by: 'me' })).toEqual({
      kind: 'invalid',
      problem: 'Each trigger of "b" stands for several types; emit one of them instead.',
    });
  });
});
