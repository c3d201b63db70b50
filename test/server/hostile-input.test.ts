import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { type Answer, openApi } from './api.ts';

const RUNS = 400;

const NAUGHTY = fc.constantFrom(
  '__proto__',
  'constructor',
  'hasOwnProperty',
  "' OR '1'='1",
  '"; DROP TABLE log; --',
  '%',
  '_',
  '*',
  '$.data',
  '../../etc/passwd',
  '{payload.x}',
  '<script>alert(1)</script>',
  '\u0000',
  '\u202e',
  '\ud800',
  '1e400',
  '-1',
  'NaN',
);
const text = fc.oneof(fc.string(), NAUGHTY, fc.string({ unit: 'binary' }));

/** A value as JSON, with names that mean something to JavaScript. */
const hostileJson = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), text, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
})).value;

function expectNothingTold({ status, text: body }: Answer): void {
  expect(status).not.toBe(500);
  expect(body).not.toMatch(/\bat \S+ \(|node_modules|\.[tj]s:\d|SQLITE|no such (table|column)/);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

test('no id and no query makes an answer that tells of our insides', async () => {
  const { ask } = await openApi();
  const paths = ['events', 'runs', 'stream', 'stats', 'flows', 'verify', 'nothing'];
  const names = fc.constantFrom('after', 'before', 'type', 'limit', 'newest', 'flow', 'min_seq');
  const target = fc.record({
    path: fc.constantFrom(...paths),
    id: fc.option(text, { nil: undefined }),
    query: fc.array(fc.tuple(names, text), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(target, async ({ path, id, query }) => {
      const search = new URLSearchParams(query.filter(([name]) => name !== 'min_seq'));
      const place = id === undefined || path === 'stream' ? path : `${path}/${escape(id)}`;
      const endless = path === 'stream' ? '&after=no' : '';
      expectNothingTold(await ask(`/api/v1/${place}?${search.toString()}${endless}`));
    }),
    { numRuns: RUNS },
  );
});

test('no body makes an answer that tells of our insides, and what is taken is kept', async () => {
  const { ask } = await openApi();
  const event = fc.record(
    {
      type: fc.oneof(fc.constant('a'), text),
      data: hostileJson,
      source: text,
      id: text,
      time: text,
      trust: text,
      extension: hostileJson,
      specversion: fc.constantFrom('1.0', '0.3'),
    },
    { requiredKeys: ['type', 'data'] },
  );
  const type = fc.constantFrom('application/json', 'application/cloudevents+json');
  await fc.assert(
    fc.asyncProperty(fc.oneof(event, hostileJson), type, async (value, contentType) => {
      const body = JSON.stringify(value);
      const headers = { 'content-type': contentType };
      const answer = await ask('/api/v1/events', { method: 'POST', headers, body });
      expectNothingTold(answer);
      expect([202, 400, 409]).toContain(answer.status);
      if (answer.status !== 202) return;
      const { json: kept } = await ask(`/api/v1/events/${String(answer.json['seq'])}`);
      expect(JSON.stringify(kept['data'])).toBe(JSON.stringify(JSON.parse(body).data ?? null));
    }),
    { numRuns: RUNS },
  );
});

/** Percent-encodes whatever it is, lone surrogates too. */
function escape(id: string): string {
  return encodeURIComponent(Buffer.from(id).toString());
}
