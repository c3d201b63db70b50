import { describe, expect, test } from 'vitest';
import { parseFiles, type ParsedFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';

/** What is read of a choreography with these triggers and rules. */
function parsed(triggers: string, ...rules: readonly string[]): ParsedFiles {
  const flow = `flow: [ ${rules.join(', ')} ]`;
  const text = `choreography: { name: c, triggers: ${triggers}, ${flow} }`;
  const files = [
    { path: 'signalbox.yaml', text: '' },
    { path: 'choreographies/c.yaml', text },
  ];
  return parseFiles(files, {
    shapes: builtInShapes,
    variables: variablesOf({ env: {}, readFile: () => '' }),
    settings: { keys: [], read: () => undefined },
  });
}

function errors({ findings }: ParsedFiles): readonly string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('where an instance begins that no rule answers', () => {
  test('a rule of its own notes it, which hears only these triggers and emits nothing', () => {
    const files = parsed('[ a, b, { event: d, where: payload.ok } ]', '{ on: [ a, c ], emit: x }');
    expect(errors(files)).toEqual([]);
    expect([...files.flows.keys()]).toEqual(['c.trigger', 'c.1']);
    expect(files.choreographies.get('c')?.flows).toEqual(['c.trigger', 'c.1']);
    const start = files.flows.get('c.trigger');
    expect(start?.triggers).toMatchObject([
      { pattern: { event: 'b' } },
      { pattern: { event: 'd' } },
    ]);
    expect(start?.steps.map(({ kind }) => kind)).toEqual(['sleep']);
    expect(start?.rule).toMatchObject({ choreography: 'c', id: 'trigger' });
  });

  test('it is noted where a rule takes the trigger for a part of a pattern only', () => {
    const pattern = '{ on: { sequence: [ a, b ], within: 1m }, emit: x }';
    expect([...parsed('[ a ]', pattern).flows.keys()]).toEqual(['c.trigger', 'c.1']);
  });

  test('none is where rules answer all of them, or one of the rules has its name', () => {
    expect([...parsed('[ a ]', '{ on: { event: a }, emit: x }').flows.keys()]).toEqual(['c.1']);
    const any = '{ on: { any: [ a, { event: b } ] }, emit: x }';
    expect([...parsed('[ a, b ]', any).flows.keys()]).toEqual(['c.1']);
    const named = parsed('[ a ]', '{ id: trigger, on: b, emit: x }');
    expect([...named.flows.keys()]).toEqual(['c.trigger']);
    expect(named.flows.get('c.trigger')?.triggers).toEqual([{ pattern: { event: 'b' } }]);
  });

  test('none is where a trigger is wrong, which is reported once', () => {
    const files = parsed('[ { source: git } ]', '{ on: a, emit: x }');
    expect([...files.flows.keys()]).toEqual(['c.1']);
    expect(errors(files)).toHaveLength(1);
  });
});

test('what a rule takes together over time is of one instance, where it says nothing else', () => {
  const all = 'all: [ a, b ], within: 1m';
  const keysOf = (on: string): unknown => {
    const files = parsed('[ a ]', `{ on: ${on}, emit: x }`);
    return files.flows.get('c.1')?.triggers.map(({ over }) => over?.pattern.key?.text);
  };
  expect(keysOf(`{ ${all} }`)).toEqual(['event.correlationid', 'event.correlationid']);
  expect(keysOf(`{ ${all}, by: event.subject }`)).toEqual(['event.subject', 'event.subject']);
  expect(keysOf('{ event: a }')).toEqual([undefined]);
});

test('a rule may answer any of several events, each by itself', () => {
  const files = parsed('[ a, b ]', '{ on: { any: [ a, b ] }, where: payload.ok, emit: x }');
  expect(errors(files)).toEqual([]);
  expect(files.flows.get('c.1')?.triggers).toMatchObject([
    { pattern: { event: 'a' }, where: { text: 'payload.ok' } },
    { pattern: { event: 'b' }, where: { text: 'payload.ok' } },
  ]);
});
