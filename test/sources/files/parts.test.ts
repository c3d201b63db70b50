import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { Bursts } from '../../../src/sources/files/bursts.ts';
import { FileIndex } from '../../../src/sources/files/file-index.ts';
import {
  decodeState,
  encodeState,
  type FileState,
  verdictOf,
} from '../../../src/sources/files/file-state.ts';
import { Hints } from '../../../src/sources/files/hints.ts';
import { readPlan } from '../../../src/sources/files/plan.ts';
import { Settling } from '../../../src/sources/files/settling.ts';
import { Troubles } from '../../../src/sources/files/troubles.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { nextTurn } from '../../../src/std/turn.ts';
import { fastest } from '../../fixtures/fastest.ts';

const number = fc.double({ min: 0, max: 4e15, noNaN: true, noDefaultInfinity: true });
const states: fc.Arbitrary<FileState> = fc.record({
  kind: fc.constantFrom('file', 'link'),
  size: fc.nat(),
  mtimeMs: number,
  ctimeMs: number,
  ino: fc.maxSafeNat(),
  fresh: fc.boolean(),
  hash: fc.constantFrom('', 'abc', 'x-_9'),
});
const names = fc.constantFrom('a', 'b', 'a/x', 'a/y', 'a/b/x', 'ab/x');

describe('what is remembered', () => {
  test('of a file is read as it was written', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
    );
  });

  test.each(['', '1 2', '0 1 x 3 4 hash', '0 1 2 3 4 hash more'])('is not %j', (text) => {
    expect(decodeState(text)).toBeUndefined();
  });

  test('of all files is what was last said of each', () => {
    const moves = fc.array(fc.tuple(names, fc.option(states, { nil: undefined })));
    fc.assert(
      fc.property(moves, fc.nat(), (said, part) => {
        const index = new FileIndex();
        const model = new Map<string, FileState>();
        for (const [path, state] of said) {
          if (state === undefined) model.delete(path);
          else model.set(path, state);
        }
        const all = said.map(([path, state]) => ({ path, state }));
        index.apply(all.slice(0, part % (all.length + 1)));
        index.apply(all.slice(part % (all.length + 1)));
        expect(new Map(index.entries())).toEqual(model);
        expect(index.size).toBe(model.size);
        for (const folder of ['a', 'a/b', 'ab', 'b']) {
          const known = [...model.keys()].some((path) => path.startsWith(`${folder}/`));
          expect(index.knows(folder)).toBe(known);
        }
        expect(index.knows('')).toBe(model.size > 0);
      }),
    );
  });

  test('is asked for a folder as quickly in a large tree as in a small one', async () => {
    const state = decodeState('0 1 1 1 1 x');
    const paths = Array.from({ length: 6_000 }, (_, n) => `src/packages/p${n}/file.txt`);
    const index = new FileIndex();
    index.apply(paths.map((path) => ({ path, state })));
    const known = (): string[] => paths.filter((path) => index.knows(path));
    expect(known()).toEqual([]);
    expect(await fastest(known)).toBeLessThan(500);
  });

  test('of the plan is no plan where it cannot be read', () => {
    expect(readPlan('{')).toBeUndefined();
    expect(readPlan('{}')).toBeUndefined();
  });
});

describe('a file', () => {
  const before = decodeState('0 1 1 1 1 x');
  if (before === undefined) throw new Error('no state');

  test('of equal content has not changed, whatever its times', () => {
    expect(verdictOf(before, { ...before, mtimeMs: 2 })).toBe('same');
    expect(verdictOf(before, { ...before, fresh: true })).toBe('same');
    expect(verdictOf(before, before)).toBe('unchanged');
  });

  test('whose content is not known of both has changed with its times', () => {
    expect(verdictOf({ ...before, hash: '' }, { ...before, mtimeMs: 2 })).toBe('modify');
    expect(verdictOf({ ...before, hash: '' }, before)).toBe('same');
    expect(verdictOf({ ...before, hash: '' }, { ...before, hash: '' })).toBe('unchanged');
  });

  test('that is a link now has changed', () => {
    expect(verdictOf(before, { ...before, kind: 'link' })).toBe('modify');
    expect(verdictOf(before, { ...before, hash: 'y' })).toBe('modify');
    expect(verdictOf(undefined, before)).toBe('create');
  });
});

describe('hints', () => {
  test('are names by folder until they are taken', () => {
    const hints = new Hints();
    expect(hints.isEmpty).toBe(true);
    hints.add('a', 'x');
    hints.add('a', 'y');
    hints.add('', 'a');
    expect(hints.take()).toEqual({
      whole: [],
      names: new Map([
        ['a', new Set(['x', 'y'])],
        ['', new Set(['a'])],
      ]),
    });
    expect(hints.isEmpty).toBe(true);
  });

  test('of a whole folder cover all below it', () => {
    const hints = new Hints();
    hints.add('a/b/c', 'x');
    hints.add('ab', 'y');
    hints.add('a/b');
    hints.add('a');
    hints.add('a', 'z');
    expect(hints.take()).toEqual({ whole: ['a'], names: new Map([['ab', new Set(['y'])]]) });
  });

  test('stay few, however many come', () => {
    const hints = new Hints();
    for (let n = 0; n < 2_000; n++) hints.add('a', `${n}`);
    expect(hints.take()).toEqual({ whole: ['a'], names: new Map() });
    for (let n = 0; n < 10_000; n++) hints.add(`f${n}`, 'x');
    expect(hints.take()).toEqual({ whole: [''], names: new Map() });
    for (let n = 0; n < 10_000; n++) hints.add(`f${n}`);
    expect(hints.take()).toEqual({ whole: [''], names: new Map() });
  });
});

describe('settling', () => {
  function settling(): { clock: SimulatedClock; times: number[]; settles: Settling } {
    const clock = new SimulatedClock();
    const times: number[] = [];
    const onSettled = (): void => void times.push(clock.monotonic());
    return {
      clock,
      times,
      settles: new Settling({ clock, quietMs: 100, maxMs: 1_000, onSettled }),
    };
  }

  test('waits until no hint comes any more', () => {
    const { clock, times, settles } = settling();
    settles.touch();
    clock.advance(60);
    settles.touch();
    clock.advance(1_000);
    expect(times).toEqual([160]);
  });

  test('does not wait for longer than it may', () => {
    const { clock, times, settles } = settling();
    for (let n = 0; n < 150; n++) {
      settles.touch();
      clock.advance(10);
    }
    clock.advance(1_000);
    expect(times).toEqual([1_000, 1_590]);
  });

  test('that is cancelled ends nothing', () => {
    const { clock, times, settles } = settling();
    settles.touch();
    settles.cancel();
    clock.advance(1_000);
    expect(times).toEqual([]);
  });
});

test('as many hints in one turn as half of the queue are suspect, once a turn', async () => {
  const bursts = new Bursts(10);
  let suspicions = 0;
  const end = bursts.onSuspicion(() => (suspicions += 1));
  for (let n = 0; n < 4; n++) bursts.count();
  await nextTurn();
  for (let n = 0; n < 4; n++) bursts.count();
  expect(suspicions).toBe(0);
  for (let n = 0; n < 20; n++) bursts.count();
  expect(suspicions).toBe(1);
  end();
  await nextTurn();
  for (let n = 0; n < 20; n++) bursts.count();
  expect(suspicions).toBe(1);
});

test('troubles name three places, and count the others', () => {
  const troubles = new Troubles();
  for (let n = 0; n < 5; n++) troubles.unreadable(`a/${n}`, 'EACCES');
  troubles.unnamed('b\n');
  troubles.full('there is too much');
  expect(troubles.sentences()).toEqual([
    'a/0 (EACCES), a/1 (EACCES), a/2 (EACCES) and 2 more cannot be read',
    'b\\n holds files whose names are not UTF-8: left out',
    'there is too much',
  ]);
  expect(troubles.isUnreadable('a/4')).toBe(true);
  troubles.clear('a');
  expect(troubles.sentences()).toHaveLength(2);
  troubles.clear('');
  expect(troubles.sentences()).toEqual([]);
});
