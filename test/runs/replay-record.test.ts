import { describe, expect, test } from 'vitest';
import { namedFlow, seenData, seenEvent } from '../../src/runs/named-start.ts';
import { directedReplay, replayProblem, replayRecord } from '../../src/runs/replay-record.ts';
import type { LogIdentity, LogRecord, RecordDraft, Store } from '../../src/store/contract.ts';
import { toEvent, toRecord } from '../../src/store/record.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sbaaaaaaaa' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};
const DATA = '{"n": 1.0, "text": "\\u00e4"}';
const place = { identity, received: 9_000 };

const event: LogRecord = {
  ...toRecord(
    {
      type: 'pushed',
      source: 'git',
      id: 'their-id',
      subject: 'main',
      time: '2026-01-01T00:00:00Z',
      actor: 'somebody',
      trust: 'untrusted',
      extensions: { region: 'eu' },
      data: DATA,
    },
    1_000,
  ),
  seq: 5,
  hops: 3,
  correlation: 'root',
  causation: 2,
  prev: null,
  stream: null,
};

function inLog(draft: RecordDraft, seq: number): LogRecord {
  return { ...draft, seq, prev: null, stream: null };
}

describe('an event that comes once more', () => {
  const again = toEvent(inLog(replayRecord(event, place), 7), identity);

  test('says what it said, and what it is a replay of', () => {
    expect(again).toEqual({
      ...toEvent(event, identity),
      replayof: 'sbaaaaaaaa-5',
      id: 'sbaaaaaaaa-7',
      seq: 7,
      received: new Date(9_000).toISOString(),
      correlationid: 'sbaaaaaaaa-7',
      causationid: 'sbaaaaaaaa-5',
      hops: 0,
    });
    expect(replayRecord(event, place).data).toBe(DATA);
  });

  test('names the event that it repeats, and not the one that this repeats in its turn', () => {
    const twice = replayRecord(inLog(replayRecord(event, place), 7), place);
    expect(toEvent(inLog(twice, 9), identity)).toMatchObject({
      replayof: 'sbaaaaaaaa-7',
      region: 'eu',
      trust: 'untrusted',
    });
  });

  test('needs no attributes of its own to be marked', () => {
    const plain = { ...event, attributes: null };
    expect(JSON.parse(replayRecord(plain, place).attributes ?? '')).toEqual({
      extensions: { replayof: 'sbaaaaaaaa-5' },
    });
  });
});

describe('an event that comes once more for one flow', () => {
  const record = inLog(directedReplay(event, { flow: 'deploy', by: 'api' }, place), 7);

  test('starts that flow by its name, whose run sees the event', async () => {
    expect(namedFlow(record)).toBe('deploy');
    expect(seenEvent(record, 'deploy', identity)).toMatchObject({
      type: 'pushed',
      source: 'git',
      id: 'their-id',
      subject: 'main',
      time: '2026-01-01T00:00:00Z',
      actor: 'somebody',
      trust: 'untrusted',
      replayof: 'sbaaaaaaaa-5',
      data: { n: 1, text: 'ä' },
      seq: 7,
      hops: 0,
    });
    const store = { identity } as Store;
    expect(await seenData(store, record, 'deploy')).toBe(DATA);
  });

  test('is for all others what it is: a record of ours', () => {
    expect(seenEvent(record, 'audit', identity)).toMatchObject({
      type: 'event.replayed',
      source: 'signalbox',
      causationid: 'sbaaaaaaaa-5',
      data: { event: 5, flow: 'deploy', by: 'api' },
    });
  });

  test('may have no subject', () => {
    const plain = { ...event, subject: null };
    const directed = inLog(directedReplay(plain, { flow: 'f', by: 'api' }, place), 7);
    expect(seenEvent(directed, 'f', identity)).not.toHaveProperty('subject');
  });
});

test('what Signalbox itself records does not come once more', () => {
  expect(replayProblem(event)).toBeUndefined();
  expect(replayProblem({ ...event, source: null, type: 'catalog.activated' })).toBe(
    '"catalog.activated" is what Signalbox itself has recorded; ' +
      'only events from outside and from steps are replayed.',
  );
});
