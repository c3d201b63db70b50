import { describe, expect, test } from 'vitest';
import { mergeGlobals, takeLeadingGlobals } from '../../src/cli/globals.ts';

describe('global flags before the command', () => {
  test('are taken off, with a space or with an equals sign', () => {
    const argv = ['--data', 'a b', '--config=x.yaml', '--json', 'emit', 'x', '--data', '{}'];
    expect(takeLeadingGlobals(argv)).toEqual({
      globals: { data: 'a b', config: 'x.yaml', json: true },
      rest: ['emit', 'x', '--data', '{}'],
    });
  });

  test('may be none', () => {
    expect(takeLeadingGlobals(['events'])).toEqual({ globals: {}, rest: ['events'] });
    expect(takeLeadingGlobals([])).toEqual({ globals: {}, rest: [] });
  });

  test('with nothing after the name are refused', () => {
    expect(() => takeLeadingGlobals(['--url'])).toThrow('--url needs a value');
  });

  test('that only begin alike are left alone', () => {
    expect(takeLeadingGlobals(['--dataset', 'x']).rest).toEqual(['--dataset', 'x']);
  });

  test('give way to those of the command itself', () => {
    const own = { data: undefined, config: 'own.yaml' };
    expect(mergeGlobals({ data: 'd', config: 'c' }, own)).toEqual({
      data: 'd',
      config: 'own.yaml',
    });
  });
});
