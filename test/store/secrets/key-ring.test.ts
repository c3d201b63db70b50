import { expect, test } from 'vitest';
import { KeyRing } from '../../../src/store/secrets/key-ring.ts';

test('a ring without a file keeps its keys in memory', () => {
  const ring = new KeyRing();
  const first = ring.current(1);
  const reference = ring.reference(1);
  ring.renew(2);
  expect(ring.current(2)).toMatchObject({ since: 2 });
  expect(ring.byId(first.id, 2)).toEqual(first);
  ring.forgetOthers(3);
  expect(ring.byId(first.id, 3)).toBeUndefined();
  expect(ring.reference(3)).toBe(reference);
});
