import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { compileKey } from '../../src/flows/key.ts';
import { namesAfter } from '../../src/flows/names.ts';
import { eventScope } from '../../src/flows/scope.ts';
import type { Gather } from '../../src/flows/flow.ts';
import {
  closingRecord,
  decodeWindow,
  encodeWindow,
  isFull,
  joined,
  type Member,
  memberOf,
  seqsOf,
  type Window,
  WINDOW_SIZE_MAX,
  windowKey,
} from '../../src/routing/window.ts';
import type { Json } from '../../src/std/json.ts';
import { eventOf } from '../flows/event-of.ts';
import { identity, recordOf } from './records.ts';

const debounce: Gather = { kind: 'debounce', quietMs: 100, maxMs: 250, size: 10 };
const batch: Gather = { kind: 'batch', maxMs: 250, size: 3 };

function member(seq: number, received = seq, fields: Partial<Member> = {}): Member {
  return { seq, received, hops: 0, correlation: 'root', trust: 'trusted', ...fields };
}

/** The window that these events make. */
function windowOf(members: readonly Member[], gather: Gather = debounce): Window {
  const [first, ...others] = members;
  if (first === undefined) throw new Error('a window has an event');
  return others.reduce<Window>(
    (window, each) => joined(window, each, gather),
    joined(undefined, first, gather),
  );
}

describe('a window that is debounced', () => {
  test('is due when none has come for as long as its flow says', () => {
    expect(windowOf([member(1, 1_000)]).due).toBe(1_100);
    expect(windowOf([member(1, 1_000), member(2, 1_060)]).due).toBe(1_160);
  });

  test('is due at its greatest age, however many come', () => {
    const busy = [member(1, 1_000), member(2, 1_090), member(3, 1_180)];
    expect(windowOf(busy).due).toBe(1_250);
  });
});

describe('a window that is a batch', () => {
  test('is due at its age, whenever the last one came', () => {
    expect(windowOf([member(1, 1_000)], batch).due).toBe(1_250);
    expect(windowOf([member(1, 1_000), member(2, 1_240)], batch).due).toBe(1_250);
  });

  test('is full when it holds as many as its flow says', () => {
    const three = [member(1), member(2), member(3)];
    expect(isFull(windowOf(three.slice(0, 2), batch), batch)).toBe(false);
    expect(isFull(windowOf(three, batch), batch)).toBe(true);
  });
});

describe('the events of a window', () => {
  test('are read back, however far apart they lie', () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(seqs, (drawn) => {
        const ordered = drawn.toSorted((a, b) => a - b);
        const window = windowOf(ordered.map((seq) => member(seq, 1)));
        expect(seqsOf(window)).toEqual(ordered);
        expect(decodeWindow(encodeWindow(window))).toEqual(window);
        expect(window).toMatchObject({ count: ordered.length, seq: ordered.at(-1) });
      }),
    );
  });

  test('take three characters each in a row, where a thousand lie between any two', () => {
    const gather = { ...batch, size: 100_000 };
    const many = Array.from({ length: WINDOW_SIZE_MAX }, (_, i) => member(1 + i * 1_000));
    const window = windowOf(many, gather);
    expect(encodeWindow(window).state.length).toBeLessThan(WINDOW_SIZE_MAX * 3 + 200);
    expect(seqsOf(window)).toEqual(many.map(({ seq }) => seq));
    expect(isFull(window, gather)).toBe(true);
    expect(isFull({ ...window, count: WINDOW_SIZE_MAX - 1 }, gather)).toBe(false);
  });

  test('leave a window that was before them as it was', () => {
    const one = windowOf([member(1)]);
    const before = { ...one };
    joined(one, member(2), debounce);
    expect(one).toEqual(before);
  });

  test('are known by their place, their time and their chain', () => {
    const attributes = '{"trust":"untrusted"}';
    expect(memberOf(recordOf({ seq: 5, received: 7, hops: 2, id: 'x-1' }), identity)).toEqual(
      member(5, 7, { hops: 2, correlation: 'x-1' }),
    );
    expect(memberOf(recordOf({ attributes }), identity).trust).toBe('untrusted');
    expect(memberOf(recordOf({ attributes: '{"actor":"me"}' }), identity).trust).toBe('trusted');
  });
});

describe('the record of a window', () => {
  test('lists its events, and is caused by the last one', () => {
    const window = windowOf([member(3, 1_000), member(9, 1_010, { hops: 4 }), member(10, 1_020)]);
    const record = closingRecord({ flow: 'deploy', key: 'main', window }, 1_120);
    expect(record).toMatchObject({
      type: 'window.closed',
      source: null,
      received: 1_120,
      correlation: 'root',
      causation: 10,
      hops: 5,
      attributes: null,
    });
    expect(JSON.parse(record.data)).toEqual({
      flow: 'deploy',
      key: 'main',
      events: [3, 9, 10],
      first: 1_000,
      last: 1_020,
      count: 3,
    });
  });

  test('is the root of a chain where its events come from several', () => {
    const others = [member(1), member(2, 2, { correlation: 'other' }), member(3)];
    const window = windowOf(others);
    expect(closingRecord({ flow: 'a', key: '', window }, 9).correlation).toBeNull();
  });

  test('is as untrusted as the least trusted of its events', () => {
    const doubtful = [member(1), member(2, 2, { trust: 'untrusted' }), member(3)];
    for (const members of [doubtful, doubtful.slice(1)]) {
      const { attributes } = closingRecord({ flow: 'a', key: '', window: windowOf(members) }, 9);
      expect(attributes).toBe('{"trust":"untrusted"}');
    }
  });
});

describe('the key of an event’s window', () => {
  const keyed = (text: string, data: Json): ReturnType<typeof windowKey> => {
    const compiled = compileKey(text, namesAfter([]));
    if (compiled.kind === 'refused') throw new Error('the key is well formed');
    return windowKey({ ...batch, key: compiled.value }, eventScope(eventOf(data)));
  };

  test('is what its expression gives', () => {
    expect(keyed('payload.branch', { branch: 'main' })).toEqual({ kind: 'key', key: 'main' });
    expect(keyed('payload.branch', { branch: '' })).toEqual({ kind: 'key', key: '' });
  });

  test('is the same for all events where there is no expression', () => {
    expect(windowKey(batch, eventScope(eventOf({})))).toEqual({ kind: 'key', key: '' });
  });

  test('is none where the expression has no value', () => {
    const found = keyed('payload.branch', {});
    expect(found).toMatchObject({ kind: 'none', reason: expect.stringContaining('branch') });
  });

  test.each([
    ['x'.repeat(1_025), 'has 1025 characters; at most 1024 are allowed'],
    ['a\0b', 'holds a character that no text can keep'],
    ['\ud800', 'holds a character that no text can keep'],
  ])('is none where no row could keep it', (branch, problem) => {
    const reason = `The key "payload.branch" ${problem}.`;
    expect(keyed('payload.branch', { branch })).toEqual({ kind: 'none', reason });
  });

  test('may be as long as a row can keep it', () => {
    const branch = 'x'.repeat(1_024);
    expect(keyed('payload.branch', { branch })).toEqual({ kind: 'key', key: branch });
  });
});
