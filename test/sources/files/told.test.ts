import { describe, expect, test } from 'vitest';
import type { FileState } from '../../../src/sources/files/file-state.ts';
import type { Difference } from '../../../src/sources/files/look.ts';
import { CHANGES_MAX, DATA_BYTES_MAX, tellingsOf } from '../../../src/sources/files/told.ts';

const KINDS = ['create', 'modify', 'delete', 'rename'] as const;
const options = { kinds: KINDS, shown: (path: string) => path };

function state(more: Partial<FileState> = {}): FileState {
  const numbers = { size: 1, mtimeMs: 1, ctimeMs: 1, ino: 1 };
  return { kind: 'file', fresh: false, hash: '', ...numbers, ...more };
}

function come(path: string, more?: Partial<FileState>): Difference {
  return { path, before: undefined, after: state(more), verdict: 'create' };
}

function gone(path: string, more?: Partial<FileState>): Difference {
  return { path, before: state(more), after: undefined, verdict: 'delete' };
}

function changesOf(differences: readonly Difference[]): unknown[] {
  const { tellings } = tellingsOf(differences, options);
  return tellings.flatMap(({ data }) => (JSON.parse(data) as { changes: unknown[] }).changes);
}

describe('a rename', () => {
  test('is a file that is gone and one that came, the same in all that is known', () => {
    expect(changesOf([gone('a'), come('b')])).toEqual([{ path: 'b', kind: 'rename', from: 'a' }]);
    const known = changesOf([gone('a', { hash: 'x' }), come('b', { hash: 'x' })]);
    expect(known).toEqual([{ path: 'b', kind: 'rename', from: 'a' }]);
  });

  test.each([{ ino: 2 }, { size: 2 }, { mtimeMs: 2 }, { kind: 'link' as const }])(
    'is none where it differs by %j',
    (other) => {
      expect(changesOf([gone('a'), come('b', other)])).toEqual([
        { path: 'a', kind: 'delete' },
        { path: 'b', kind: 'create' },
      ]);
    },
  );

  test('is none where the content differs', () => {
    expect(changesOf([gone('a', { hash: 'x' }), come('b', { hash: 'y' })])).toHaveLength(2);
  });

  test('uses each file that is gone once', () => {
    expect(changesOf([gone('a'), come('b'), come('c')])).toEqual([
      { path: 'b', kind: 'rename', from: 'a' },
      { path: 'c', kind: 'create' },
    ]);
  });
});

describe('an event', () => {
  test(`tells ${CHANGES_MAX} changes, and another one the rest`, () => {
    const many = Array.from({ length: CHANGES_MAX + 1 }, (_, n) => come(`f${n}`, { ino: n }));
    const { tellings } = tellingsOf(many, options);
    expect(tellings.map(({ changes }) => changes)).toEqual([CHANGES_MAX, 1]);
    expect(tellings.flatMap(({ moves }) => moves)).toHaveLength(CHANGES_MAX + 1);
  });

  test('is no longer than its limit, whatever the paths are made of', () => {
    const long = '\u{1F600}"\\'.repeat(200);
    const many = Array.from({ length: 600 }, (_, n) => come(`${n}${long}`, { ino: n }));
    const { tellings } = tellingsOf(many, options);
    expect(tellings.length).toBeGreaterThan(1);
    for (const { data } of tellings) {
      expect(Buffer.byteLength(data)).toBeLessThan(DATA_BYTES_MAX + 100);
    }
  });

  test('is none where nothing that is told happened, and all is remembered', () => {
    const same: Difference = { path: 'a', before: state(), after: state(), verdict: 'same' };
    const { quiet, tellings } = tellingsOf([same, come('b')], { ...options, kinds: ['delete'] });
    expect(tellings).toEqual([]);
    expect(quiet.map(({ path }) => path)).toEqual(['a', 'b']);
  });

  test('tells half of a rename to those who want that half', () => {
    const only = { ...options, kinds: ['create' as const] };
    const { tellings } = tellingsOf([gone('a'), come('b')], only);
    expect(tellings.map(({ data }) => JSON.parse(data))).toEqual([
      { files: ['b'], changes: [{ path: 'b', kind: 'create' }] },
    ]);
    expect(tellings[0]?.moves.map(({ path }) => path)).toEqual(['a', 'b']);
  });
});
