import { expect, test } from 'vitest';
import { noSuchFlow } from '../../src/flows/catalog.ts';

test('a name that no flow has is told with the one that was probably meant', () => {
  expect(noSuchFlow('relase', ['ship', 'release'])).toBe(
    'There is no flow "relase", did you mean "release"?',
  );
  expect(noSuchFlow('other', ['ship', 'release'])).toBe('There is no flow "other".');
  expect(noSuchFlow('other', [])).toBe('There is no flow "other".');
});
