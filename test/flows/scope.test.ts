import { expect, test } from 'vitest';
import { eventScope, SCOPE_NAMES } from '../../src/flows/scope.ts';
import { eventOf } from './event-of.ts';

test('an event alone gives its own names, and no other', () => {
  const event = eventOf({ n: 1 });
  const scope = eventScope(event);
  expect(scope.get('event')).toEqual(event);
  expect(scope.get('payload')).toBe(event.data);
  const others = ['steps', 'output', 'run', 'flow', 'now', 'constructor', '__proto__', 'toString'];
  for (const name of others) expect(scope.get(name)).toBeUndefined();
});

test('a run gives all names', () => {
  const outputs = new Map([['a', 1]]);
  const scope = eventScope(eventOf(null), {
    outputs,
    output: null,
    run: 'r',
    flow: 'f',
    now: 1_000,
  });
  expect(SCOPE_NAMES.map((name) => scope.get(name)).slice(1)).toEqual([
    null,
    { a: { output: 1 } },
    null,
    'r',
    'f',
    '1970-01-01T00:00:01.000Z',
  ]);
});
