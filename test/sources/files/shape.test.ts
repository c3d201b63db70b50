import { describe, expect, test } from 'vitest';
import { fileChangeShape, readFileChange } from '../../../src/sources/files/file-change-shape.ts';

function problemsOf(config: object): string[] {
  const { error } = fileChangeShape.schema.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function nameOf(config: object): string | undefined {
  return fileChangeShape.nameOf(fileChangeShape.schema.parse(config));
}

describe('a source of changed files', () => {
  test('needs nothing but its type', () => {
    expect(readFileChange(fileChangeShape.schema.parse({}))).toEqual({
      path: '.',
      pattern: [],
      ignore: [],
      gitignore: true,
      events: ['create', 'modify', 'delete'],
      debounce_ms: 100,
      max_wait_ms: 30_000,
    });
    expect(fileChangeShape.trustOf({})).toBe('trusted');
  });

  test('makes short forms long', () => {
    expect(
      fileChangeShape.schema.parse({ path: '.\\src//lib/', pattern: './*.ts', ignore: 'x/' }),
    ).toMatchObject({ path: 'src/lib', pattern: ['*.ts'], ignore: ['x/'] });
  });

  test.each([
    [{}, '.'],
    [{ path: './src/' }, 'src'],
    [{ path: './src/', pattern: '**/*.py' }, 'src/**/*.py'],
    [{ pattern: ['*.a', '*.b'] }, '*.a,*.b'],
    [{ path: '../other' }, '../other'],
    [{ path: '/' }, '/'],
  ])('that says %j is called %s', (config, name) => {
    expect(nameOf(config)).toBe(name);
  });

  test.each([
    [{ pattern: '!x' }, 'pattern: it begins with "!"; leave files out by "ignore"'],
    [{ pattern: '/etc/*' }, 'pattern: it is absolute; patterns are relative to "path"'],
    [{ ignore: ['../x'] }, 'ignore.0: it leads out of "path"; name that folder there'],
    [{ pattern: '' }, 'pattern: it is empty; write a pattern such as "**/*.ts"'],
    [{ path: '' }, 'path: it is empty; name a folder, or "." for that of this file'],
    [{ path: 'a\0' }, 'path: it holds a NUL character; remove it'],
    [
      { debounce_ms: '500ms' },
      'debounce_ms: expected a number of milliseconds without a unit, such as 500',
    ],
    [{ events: [] }, 'events: it is empty; list some of create, modify, delete and rename'],
  ])('that says %j is told what is wrong', (config, problem) => {
    expect(problemsOf(config)).toEqual([problem]);
  });

  test('refuses globs that are too long, or too many', () => {
    expect(problemsOf({ pattern: 'x'.repeat(1_001) })).toHaveLength(1);
    expect(problemsOf({ ignore: Array.from({ length: 101 }, () => 'x') })).toEqual([
      'ignore: there are 101, over 100; use braces, or fewer',
    ]);
  });

  test('refuses waits that are a mistake of units', () => {
    expect(problemsOf({ debounce_ms: 3_600_001 })).toHaveLength(1);
    expect(problemsOf({ max_wait_ms: -1 })).toHaveLength(1);
    expect(problemsOf({ debounce_ms: 0 })).toEqual([]);
  });
});
