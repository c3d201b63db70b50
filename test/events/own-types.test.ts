import { describe, expect, test } from 'vitest';
import { isKnownVersion, isOwnType, OWN_EVENT_VERSIONS } from '../../src/events/own-types.ts';

describe('types of our own', () => {
  test.each(Object.keys(OWN_EVENT_VERSIONS))('nobody else may record %s', (type) => {
    expect(isOwnType(type)).toBe(true);
  });

  test.each(['disk.full', 'clock.stepped', 'signalbox.anything.at.all'])(
    '%s is kept for later',
    (type) => {
      expect(isOwnType(type)).toBe(true);
    },
  );

  test.each([
    'git.pushed',
    'running.late',
    'run',
    'run.',
    'run.started.twice',
    'RUN.started',
    'toString',
  ])('%s is free for all', (type) => {
    expect(isOwnType(type)).toBe(false);
  });
});

describe('a version of a payload', () => {
  test.each(Object.entries(OWN_EVENT_VERSIONS))('of %s is known up to %d', (type, version) => {
    expect(isKnownVersion(type, version)).toBe(true);
    expect(isKnownVersion(type, version + 1)).toBe(false);
  });

  test('of a type of ours that this binary has never heard of is not known', () => {
    expect(isKnownVersion('run.unheard_of', 1)).toBe(false);
  });

  test('of a foreign type is always known, whatever its name', () => {
    for (const type of ['git.pushed', 'toString', 'constructor', '__proto__']) {
      expect(isKnownVersion(type, 7)).toBe(true);
    }
  });
});
