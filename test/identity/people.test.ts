import { describe, expect, test } from 'vitest';
import { peopleSchema, personOf } from '../../src/identity/people.ts';

function problems(people: unknown): string[] {
  const { error } = peopleSchema.safeParse(people);
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('people', () => {
  test('have roles, and channels by which they are told', () => {
    expect(peopleSchema.parse({ lead: { roles: ['approver'], channels: ['ops'] } })).toEqual({
      lead: { roles: ['approver'], channels: ['ops'] },
    });
    expect(peopleSchema.parse({ 'jörg.k': { roles: ['viewer'] } })['jörg.k']?.channels).toEqual([]);
  });

  test.each(['owner', 'signalbox', 'cli', 'run:1', 'a#b', 'a b', '', '-x', 'x'.repeat(65), 'a\n'])(
    'are not called %j',
    (name) => expect(problems({ [name]: { roles: ['viewer'] } })).not.toEqual([]),
  );

  test.each([[[]], [['agent']], [['run']], [['root']], ['admin']])('have no roles %j', (roles) => {
    expect(problems({ kim: { roles } })).not.toEqual([]);
  });

  test('are nobody by the names that objects are born with', () => {
    const people = peopleSchema.parse({ kim: { roles: ['viewer'] } });
    expect(personOf(people, 'constructor')).toBeUndefined();
    expect(personOf(people, '__proto__')).toBeUndefined();
    expect(personOf(people, 'kim')?.roles).toEqual(['viewer']);
  });
});
