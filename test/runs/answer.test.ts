import { expect, test } from 'vitest';
import { choreographyBox, whatAnsweredWhat } from '../fixtures/choreography-box.ts';

function choreography(name: string, rule: string): string {
  return `choreography: { name: ${name}, triggers: [ asked ], flow: [ ${rule} ] }\n`;
}

test('who gives the same cause the same type in one instance makes one event', async () => {
  const made = await choreographyBox({
    'choreographies/a.yaml': choreography('a', '{ on: asked, emit: [ told, other ] }'),
    'choreographies/b.yaml': choreography(
      'b',
      '{ on: asked, parallel: [ { emit: told }, { emit: third } ] }',
    ),
    'choreographies/c.yaml': choreography('c', '{ on: asked, emit: told, data: { late: true } }'),
  });
  await made.emit('asked', { n: 1 });
  await made.emit('asked', { n: 1 });
  const answers = await whatAnsweredWhat(made);
  const once = ['told', 'other', 'third'].map((type) => `${type} < asked`);
  expect(answers.toSorted()).toEqual(
    [...once, ...once, 'asked < nothing', 'asked < nothing'].toSorted(),
  );
  const states = (await made.runs()).map(({ flow, state }) => `${flow} ${state}`);
  expect(new Set(states)).toEqual(
    new Set(['a.1', 'b.1', 'c.1'].map((name) => `${name} succeeded`)),
  );
});

test('a type that a rule names twice, as by its data, is one event', async () => {
  const made = await choreographyBox({
    'choreographies/a.yaml': choreography('a', '{ on: asked, emit: [ told, "{payload.type}" ] }'),
  });
  await made.emit('asked', { type: 'told' });
  expect(await whatAnsweredWhat(made)).toEqual(['asked < nothing', 'told < asked']);
});
