import { expect, test } from 'vitest';
import { noSuchFlow, notInForce } from '../../src/flows/catalog.ts';

test('a name that no flow has is told with the one that was probably meant', () => {
  expect(noSuchFlow('relase', ['ship', 'release'])).toBe(
    'There is no flow "relase", did you mean "release"?',
  );
  expect(noSuchFlow('other', ['ship', 'release'])).toBe('There is no flow "other".');
  expect(noSuchFlow('other', [])).toBe('There is no flow "other".');
});

test('a name that no flow in force has is told with the names that there are, not too many', () => {
  expect(notInForce('relase', ['ship', 'release'])).toBe(
    'There is no flow "relase", did you mean "release"? In force are: ship, release.',
  );
  const names = Array.from({ length: 30 }, (_, n) => `f${n}`);
  expect(notInForce('other', names)).toMatch(/In force are: f0, f1, .*, f19 and 10 more\.$/);
  expect(notInForce('other', [])).toBe(
    'There is no flow "other": none is in force. Start a daemon with: signalbox up',
  );
});
