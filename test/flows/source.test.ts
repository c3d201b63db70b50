import { expect, test } from 'vitest';
import { compareSources, type SourceDefinition } from '../../src/flows/source.ts';

function sourcesOf(
  ...tones: readonly [name: string, tone: string][]
): Map<string, SourceDefinition> {
  return new Map(
    tones.map(([name, tone]) => [
      name,
      { name, type: 'bell', handlers: [], trust: 'trusted', config: { tone } },
    ]),
  );
}

test('sources that come, go and differ are told by name, and nothing of what they hold', () => {
  const before = sourcesOf(['bell:a', 'low'], ['bell:b', 'low'], ['bell:c', 'low']);
  const after = sourcesOf(['bell:b', 'low'], ['bell:c', 'high'], ['bell:d', 'low']);
  expect(compareSources(before, after)).toEqual({
    added: ['bell:d'],
    removed: ['bell:a'],
    changed: ['bell:c'],
  });
});
