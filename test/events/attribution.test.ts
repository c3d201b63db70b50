import { expect, test } from 'vitest';
import { attributionOf } from '../../src/events/attribution.ts';

test('says who, and by which request where it was one, and nothing else', () => {
  const asked = { by: 'lead#tok_a', reason: 'why not' };
  expect(attributionOf(asked)).toStrictEqual({ by: 'lead#tok_a' });
  const named = { by: 'lead#tok_a', request: 'r-1' };
  expect(attributionOf({ ...asked, ...named })).toStrictEqual(named);
});
