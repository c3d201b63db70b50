import { describe, expect, test } from 'vitest';
import { type RecordDraft, type Unit } from '../../../src/store/contract.ts';
import { CURSORS_MAX, DATA_BYTES_MAX } from '../../../src/store/unit-problem.ts';
import {
  firstOf,
  type OpenedStore,
  range,
  readAll,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import {
  advance,
  closing,
  cursorOf,
  deadLetter,
  event,
  letterOf,
  moving,
  open,
  recordOf,
  unit,
  windowOf,
} from './units.ts';

type Current = () => OpenedStore;

const MEBIBYTE = 1_048_576;

const PAYLOADS: readonly (readonly [string, string])[] = [
  ['an empty object', '{}'],
  ['nothing', ''],
  ['null', 'null'],
  ['an empty string', '""'],
  ['its own spaces, order, repeated keys and numbers', ' {"b":1.0e+10,\n\t"a":-0, "b":2} '],
  ['escapes', String.raw`{"a":"\u0000\ud83d\ude00\n\\\" \/"}`],
  ['a half of a surrogate pair, escaped', String.raw`"\ud83d"`],
  ['quotes, braces and commas', `{"a":"'{},\\"",'x',NULL,{null},$1,?1,:a}`],
  ['all scripts', '"Ünïcödé, اللغة, 日本語, 👩‍👩‍👧‍👦, e\u0301, \u2028, \ufeff, \uffff"'],
  ['control characters', '"\u0001\u0007\b\t\n\u000b\r\u001b\u007f\u0085"'],
];

const SIZES: readonly (readonly [string, number])[] = [
  ['64 KiB less one', 65_535],
  ['64 KiB', 65_536],
  ['64 KiB and one', 65_537],
  ['1 MiB', MEBIBYTE],
  ['10 MiB', 10 * MEBIBYTE],
];

/** What `append` promises of the texts of a record. */
export function describePayloads(name: string, fixture: StoreFixture): void {
  describe(`${name}: payloads`, () => {
    const current = useStore(fixture);
    describe('come back byte for byte', () => byteForByte(current));
    describe('are refused', () => refusals(current));
  });
}

function byteForByte(current: Current): void {
  test.each(PAYLOADS)('with %s', async (_, data) => {
    const { store } = current();
    await store.append(unit(event({ data })));
    const [record] = await store.read({ after: 0, limit: 1 });
    expect(record?.data).toBe(data);
  });

  test.each(SIZES)('with %s of Latin letters, and of all kinds', async (_, length) => {
    const { store } = current();
    const texts = ['x'.repeat(length), `${'€👍'.repeat(length / 7)}${'é'.repeat(4)}`];
    for (const data of texts) await store.append(unit(event({ data })));
    const records = await readAll(store);
    // Compared as booleans: a difference of ten million characters is no help in a report.
    expect(records.map(({ data }, i) => data === texts[i])).toEqual([true, true]);
  });

  test('up to the largest, beside small neighbours', async () => {
    const { store } = current();
    const largest = 'x'.repeat(DATA_BYTES_MAX);
    const texts = ['1', largest, '2'];
    await Promise.all(texts.map((data) => store.append(unit(event({ data })))));
    const records = await readAll(store);
    expect(records.map(({ data }, i) => data === texts[i])).toEqual([true, true, true]);
  });

  test('and so does every other column, be it a text, empty or null', async () => {
    const { store } = current();
    const drafts: RecordDraft[] = [
      recordOf({ source: null, version: 7, hops: 3, received: 0 }),
      recordOf({ type: 'NULL', source: '', id: '', subject: '', correlation: '', attributes: '' }),
      recordOf({
        type: `a"b'c\\d{e},f`,
        subject: 'NULL',
        id: `{"'`,
        source: '\\',
        attributes: '{}',
      }),
      recordOf({
        id: 'ü'.repeat(1_024),
        subject: '日本 👍',
        correlation: 'sb12345678-1',
        causation: 1,
        hops: 10,
        attributes: '{"actor":"a\\u0000b","extensions":{"x":"y"}}',
      }),
    ].map((draft, i) => ({ ...draft, received: i }));
    await store.append(unit(...drafts.map((draft) => event(draft))));
    const expected = drafts.map((draft, i) => ({ ...draft, seq: i + 1, stream: null, prev: null }));
    expect(await readAll(store)).toEqual(expected);
  });
}

const INVALID: readonly (readonly [string, Unit])[] = [
  ['a payload with half of a surrogate pair', unit(event({ data: '"\ud83d"' }))],
  ['a payload with U+0000', unit(event({ data: '"\0"' }))],
  ['a subject with half of a surrogate pair', unit(event({ subject: '\ude00' }))],
  ['a type with U+0000', unit(event({ type: 'a\0b' }))],
  ['a row with U+0000', unit(open({ at: '\0' }))],
  ['a checkpoint with half of a surrogate pair', moving('\ud83d', 0, 1)],
  ['a fraction for a time', unit(event({ received: 1.5 }))],
  ['no number', unit(event({ hops: Number.NaN }))],
  ['a due time below zero', unit(open({ due: -1 }))],
  ['a payload over the limit', unit(event({ data: 'é'.repeat(DATA_BYTES_MAX / 2 + 1) }))],
  ['a lane with U+0000', unit(open({ lane: 'a\0b' }))],
  ['a branch below zero', unit(open({ parent: 1, fork: 1, branch: -1 }))],
  ['a letter with U+0000', unit(deadLetter({ message: '\0' }))],
  ['a letter of a run with a fraction', unit(deadLetter({ run: 0.5 }))],
  [
    'a step with half of a surrogate pair in its letter',
    unit({ ...advance(1, 1), letter: letterOf({ step: '\ud83d' }) }),
  ],
  ['a closing of no letter', unit(closing(Number.NaN))],
  ['two closings of one letter', unit(closing(1), closing(1, 'dropped'))],
  ['windows without a checkpoint', { ...unit(event()), windows: [windowOf('k', 1)] }],
  ['a window with U+0000', { ...moving('\ufffd', 0, 1), windows: [windowOf('\0', 1)] }],
  [
    'the state of a window with half of a surrogate pair',
    {
      ...moving('\ufffd', 0, 1),
      windows: [{ flow: 'f', key: 'k', columns: { due: 1, state: '\ude00' } }],
    },
  ],
  ['a window that is due below zero', { ...moving('\ufffd', 0, 1), windows: [windowOf('k', -1)] }],
  [
    'one window twice',
    { ...moving('\ufffd', 0, 1), windows: [windowOf('k', 1), windowOf('k', null)] },
  ],
  ['a cursor with U+0000 in its key', { writes: [event()], cursors: [cursorOf('\0', '1')] }],
  [
    'a cursor with half of a surrogate pair in its value',
    { writes: [event()], cursors: [cursorOf('a', '1'), cursorOf('b', '\ude00')] },
  ],
  [
    'a cursor of a source with U+0000',
    { writes: [event()], cursors: [cursorOf('a', '1'), cursorOf('b', null, 'files:\0')] },
  ],
  [
    'one cursor twice',
    { writes: [event()], cursors: [cursorOf('a', '1'), cursorOf('b', '1'), cursorOf('a', null)] },
  ],
  [
    'more cursors than a unit may have',
    { writes: [], cursors: range(0, CURSORS_MAX).map((n) => cursorOf(`k${n}`, '1')) },
  ],
  ['two advances of one run', unit(open(), advance(1, 1), advance(1, 1))],
  [
    'one key twice',
    unit(event({}, { key: 'k', digest: 'd' }), event({}, { key: 'k', digest: 'd' })),
  ],
];

function refusals(current: Current): void {
  test.each(INVALID)('alone, and not their neighbours: %s', async (_, invalid) => {
    const { store } = current();
    const before = range(1, 3).map(() => store.append(unit(event())));
    const refused = store.append(invalid).catch((error: unknown) => error);
    const after = range(1, 3).map(() => store.append(unit(event())));
    expect(await refused).toMatchObject({ code: 'store.unit_invalid' });
    const results = await Promise.all([...before, ...after]);
    expect(results.map(firstOf)).toEqual(range(1, 6));
    expect(await store.checkpoint('\ufffd')).toEqual({ seq: 0, state: '{}' });
    expect(await store.windows({ limit: 1 })).toEqual([]);
    expect(await store.cursors({ source: 'files:docs', limit: 1 })).toEqual([]);
  });
}
