import { describe, expect, test } from 'vitest';
import {
  may,
  PERSON_ROLES,
  RIGHTS,
  rolesWith,
  strongest,
  weaker,
} from '../../src/identity/roles.ts';

describe('the table of roles', () => {
  test('is a ladder for people: each may what those before it may', () => {
    for (const [index, role] of PERSON_ROLES.entries()) {
      const below = PERSON_ROLES[index - 1];
      if (below === undefined) continue;
      const lost = RIGHTS.filter((right) => may(below, right) && !may(role, right));
      const won = RIGHTS.filter((right) => !may(below, right) && may(role, right));
      expect([role, lost, won.length > 0]).toEqual([role, [], true]);
    }
  });

  test.each(['agent', 'run'] as const)('lets %s tell, and neither look nor decide', (role) => {
    expect(RIGHTS.filter((right) => may(role, right))).toEqual(['identify', 'emit']);
  });

  test('lets nobody decide or administer below those roles', () => {
    expect(rolesWith('decide')).toEqual(['approver', 'admin']);
    expect(rolesWith('administer')).toEqual(['admin']);
  });
});

describe("a person's token", () => {
  test('may what it says, and never more than the person may', () => {
    expect(weaker('admin', 'viewer')).toBe('viewer');
    expect(weaker('viewer', 'admin')).toBe('viewer');
    expect(weaker('operator', 'operator')).toBe('operator');
  });

  test('may nothing where the person is gone, or it is an agent', () => {
    expect(weaker('admin', undefined)).toBeUndefined();
    expect(weaker('agent', 'admin')).toBeUndefined();
  });

  test('goes by the strongest of the roles of the person', () => {
    expect(strongest(['viewer', 'approver', 'operator'])).toBe('approver');
    expect(strongest([])).toBeUndefined();
  });
});
