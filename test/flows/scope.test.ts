import { expect, test } from 'vitest';
import { eventScope, SCOPE_NAMES } from '../../src/flows/scope.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from './event-of.ts';

test('an event alone gives its own names, and no other', () => {
  const event = eventOf({ n: 1 });
  const scope = eventScope(event);
  expect(scope.get('event')).toEqual(event);
  expect(scope.get('payload')).toBe(event.data);
  const others = ['steps', 'output', 'run', 'flow', 'now', 'constructor', '__proto__', 'toString'];
  for (const name of others) expect(scope.get(name)).toBeUndefined();
});

test('an event that lists files gives the list by two names', () => {
  const scope = eventScope(eventOf({ files: ['a.md', 'b.md'] }));
  expect(scope.get('files')).toEqual(['a.md', 'b.md']);
  expect(scope.get('changed_files')).toEqual(['a.md', 'b.md']);
});

test.each([null, 1, [], {}, { files: 'a.md' }])('there are no files in %j', (data) => {
  expect(eventScope(eventOf(data)).get('files')).toBeUndefined();
});

test('a run gives all names', () => {
  const outputs = new Map([['a', 1]]);
  const scope = eventScope(eventOf({ files: [] }), {
    outputs,
    output: null,
    run: 'r',
    flow: 'f',
    now: 1_000,
  });
  expect(SCOPE_NAMES.map((name) => scope.get(name)).slice(1)).toEqual([
    { files: [] },
    { a: { output: 1 } },
    null,
    'r',
    'f',
    '1970-01-01T00:00:01.000Z',
    'never',
    [],
    [],
    { reason: '', by: '', step: '' },
  ]);
});

test('the last run is what the event of a schedule says, and never where it says none', () => {
  const last = '2026-11-23T09:00:00.000Z';
  const lastRunOf = (data: Json): unknown => eventScope(eventOf(data)).get('last_run');
  expect(lastRunOf({ last_run: last })).toBe(last);
  expect([{ last_run: 3 }, {}, null, 'text', [last]].map(lastRunOf)).toEqual(
    Array.from({ length: 5 }, () => 'never'),
  );
});

test('a step that failed has an error and no output, and a named output goes by its name', () => {
  const error = { code: 'step.timeout', message: 'It took too long.' };
  const scope = eventScope(eventOf({ n: 1 }), {
    outputs: new Map<string, Json>([
      ['a', 1],
      ['b', null],
    ]),
    errors: new Map([['c', error]]),
    named: new Map<string, Json>([
      ['notes', 'n'],
      ['payload', 'never seen'],
    ]),
  });
  expect(scope.get('steps')).toEqual({ a: { output: 1 }, b: { output: null }, c: { error } });
  expect(scope.get('notes')).toBe('n');
  expect(scope.get('payload')).toEqual({ n: 1 });
  for (const name of ['others', 'constructor']) expect(scope.get(name)).toBeUndefined();
});

test('the error of a run is known where it is given, and nowhere else', () => {
  const error = { step: 'build', code: 'step.timeout', message: 'It took too long.' };
  expect(eventScope(eventOf(null), { error }).get('error')).toEqual(error);
  expect(eventScope(eventOf(null), {}).get('error')).toBeUndefined();
});

test('errors are known where no step has an output yet', () => {
  const errors = new Map([['c', { code: 'run.failed', message: 'no' }]]);
  const scope = eventScope(eventOf(null), { errors });
  expect(scope.get('steps')).toEqual({ c: { error: { code: 'run.failed', message: 'no' } } });
});

test('nothing is made of what no one asks for', () => {
  const untouched = <T>(): ReadonlyMap<string, T> => {
    const map = new Map<string, T>();
    map[Symbol.iterator] = () => {
      throw new Error('nobody asked');
    };
    return map;
  };
  const scope = eventScope(eventOf(1), { outputs: untouched(), errors: untouched() });
  expect(scope.get('payload')).toBe(1);
  expect(() => scope.get('steps')).toThrowError('nobody asked');
});

test('a pattern over time gives its events and members, any other event itself', () => {
  const events = [{ id: 'a' }, { id: 'b' }];
  const scope = eventScope({ ...eventOf(1), events, members: { last: { id: 'b' } } });
  expect(scope.get('events')).toEqual(events);
  expect(scope.get('members')).toEqual({ last: { id: 'b' } });
  const alone = eventOf(1);
  expect(eventScope(alone).get('events')).toEqual([alone]);
  expect(eventScope(alone).get('members')).toBeUndefined();
  const named = new Map<string, Json>([['events', 'mine']]);
  expect(eventScope(alone, { named }).get('events')).toBe('mine');
});
