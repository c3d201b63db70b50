import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { formatLine, isLineBegun, readLine } from '../../../src/events/event-log/line.ts';

/** What a line says, its data parsed. */
function read(line: string): unknown {
  const reading = readLine(line);
  if (reading.kind !== 'event') return reading;
  const { data, ...event } = reading.event;
  return { ...event, data: JSON.parse(data) };
}

const TIME = '2025-07-30T08:56:39.521Z';
const STAGED = {
  type: 'files_staged',
  time: TIME,
  data: { operation: 'stage_files', context: '', payload: '3 files' },
};

describe('a line of an event log', () => {
  test.each([
    ['as it was meant', `${TIME}|EVENT|files_staged|stage_files||3 files`],
    ['as it was printed', `${TIME} < /dev/null | EVENT|files_staged|stage_files||3 files`],
    ['that ends as on Windows', `${TIME}|EVENT|files_staged|stage_files||3 files\r`],
    [
      'that is a JSON object',
      `{"time":"${TIME}","type":"files_staged","operation":"stage_files","payload":"3 files"}`,
    ],
    [
      'that is a JSON object with data',
      `{"timestamp":"${TIME}","event_type":"files_staged","data":` +
        '{"operation":"stage_files","context":"","payload":"3 files"}}',
    ],
  ])('%s is read', (_, line) => {
    expect(read(line)).toEqual(STAGED);
  });

  test('is known by its mark where only a part of it is there', () => {
    expect([`${TIME}|EVENT|x`, `${TIME}|EV`].map(isLineBegun)).toEqual([true, false]);
  });

  test('keeps what others wrote unescaped', () => {
    expect(read(`${TIME}|EVENT|x|copy|C:\\temp|a|b\\d`)).toMatchObject({
      data: { operation: 'copy', context: 'C:\\temp', payload: 'a|b\\d' },
    });
  });

  test.each([
    ['2025-07-30T08:56:39.3NZ', '2025-07-30T08:56:39Z'],
    ['2025-07-30T08:56:39+0200', '2025-07-30T08:56:39+02:00'],
    ['2025-07-30 08:56:39,521', '2025-07-30 08:56:39.521Z'],
    ['1753865799', '2025-07-30T08:56:39.000Z'],
    ['1753865799.521', TIME],
    ['1753865799521', TIME],
  ])('has the time %s', (written, time) => {
    expect(read(`${written}|EVENT|x|||`)).toMatchObject({ time });
    expect(read(`{"ts":"${written}","type":"x"}`)).toMatchObject({ time, data: {} });
  });

  test('that is a CloudEvent is one, and its source is told by its id', () => {
    const line =
      '{"specversion":"1.0","id":"7","source":"/ci","type":"built","subject":"main","n":1,' +
      '"trust":"trusted","seq":9,"data":{"big":12345678901234567890}}';
    expect(readLine(line)).toEqual({
      kind: 'event',
      event: {
        type: 'built',
        id: '/ci#7',
        subject: 'main',
        extensions: { n: '1' },
        data: '{"big":12345678901234567890}',
      },
    });
  });

  test('that a log exported is read without all that the log gave', () => {
    const given = { seq: 9, received: TIME, causationid: 'c', hops: 1, requestid: 'r-1' };
    const again = { replayof: '6', replayedby: 'owner' };
    const event = { specversion: '1.0', id: '7', source: '/ci', type: 'built', data: 1 };
    expect(readLine(JSON.stringify({ ...event, ...given, ...again }))).toEqual({
      kind: 'event',
      event: { type: 'built', id: '/ci#7', data: '1' },
    });
  });

  test('that only an untrusted sender vouches for stays untrusted', () => {
    const line = `{"specversion":"1.0","id":"7","source":"/ci","type":"built","trust":"untrusted"}`;
    expect(read(line)).toMatchObject({ trust: 'untrusted', data: null });
  });

  test.each([
    ['of a run', `${TIME}|EVENT|run.started|||{}`],
    ['of a run as JSON', '{"type":"run.started"}'],
    ['of a run as a CloudEvent', '{"specversion":"1.0","type":"run.started","seq":1}'],
  ])('%s is not for others to tell', (_, line) => {
    expect(read(line)).toEqual({ kind: 'own', type: 'run.started' });
  });

  test.each([
    ['', 'blank'],
    ['  \t\r', 'blank'],
  ])('with nothing in it is none: %j', (line, kind) => {
    expect(read(line)).toEqual({ kind });
  });

  test.each([
    ['hello', /neither time/],
    [`${TIME}|EVENT|files_staged|stage`, /neither time/],
    [`${TIME}|LOG|a|b|c|d`, /neither time/],
    ['yesterday|EVENT|a|b|c|d', /"yesterday" is no time/],
    [`${TIME}|EVENT||b|c|d`, /"type" is empty/],
    [`${TIME}|EVENT|a|b|c|d${TIME}|EVENT|a|b|c|d`, /ran into one another/],
    [`${TIME}|EVENT|a|b|c|d${TIME} < /dev/null | EVENT|a|b|c|d`, /ran into one another/],
    [`${TIME}|EVENT|${'x'.repeat(256)}|b|c|d`, /at most 255/],
    ['{"type":"a"', /not JSON/],
    ['{"kind":"a"}', /no "type"/],
    ['{"type":"a","time":"noon"}', /"time" is no time/],
    ['{"type":"a","time":{}}', /"time" is no time/],
    ['{"specversion":"2.0","type":"a","source":"b","id":"c"}', /only "1.0"/],
  ])('that is bad says why: %s', (line, reason) => {
    expect(read(line)).toEqual({ kind: 'bad', reason: expect.stringMatching(reason) });
  });

  const word = fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text));
  const type = fc.stringMatching(/^[a-z|\\_]{1,40}$/).filter((text) => text.trim() !== '');

  test('that we write is read back exactly', () => {
    const words = fc.record({ type, operation: word, context: word, payload: word });
    fc.assert(
      fc.property(words, ({ type: name, ...data }) => {
        const line = formatLine({ time: TIME, type: name, ...data });
        expect(line).not.toMatch(/[\n\r\0]/);
        expect(read(line)).toEqual({ type: name, time: TIME, data });
      }),
    );
  });

  test('of any bytes is an event, blank or bad, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['event', 'blank', 'bad', 'own']).toContain(readLine(text).kind);
      }),
    );
  });
});
