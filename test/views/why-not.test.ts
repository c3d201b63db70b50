import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { manualRecord } from '../../src/runs/named-start.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { explainWhyNot } from '../../src/views/why-not.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { conditionOf, readerOf } from './reader.ts';

const red: Flow = listens('alarm', {
  pattern: { event: 'level.changed' },
  where: conditionOf("event.data.level == 'red'"),
});

let named = 0;

async function stationWith(...flows: readonly Flow[]): Promise<Station> {
  const station = await Station.open();
  await station.activate(catalogOf(`why-not-${named++}`, ...flows));
  await station.start();
  return station;
}

async function emitted(station: Station, type: string, data: unknown = {}): Promise<string> {
  const result = await station.emit(type, data);
  await station.routed();
  return result.kind === 'accepted' ? result.id : '';
}

describe('an event that did not start a flow', () => {
  test('was stopped by a condition, which is told with the value that it saw', async () => {
    const station = await stationWith(red);
    const event = await emitted(station, 'level.changed', { level: 'green' });
    expect(await explainWhyNot(readerOf(station), event, 'alarm')).toMatchObject({
      event,
      type: 'level.changed',
      flow: 'alarm',
      catalog: expect.stringContaining('why-not') as string,
      outcome: 'filtered',
      run: null,
      reason: `"event.data.level == 'red'" is false: event.data.level = "green"`,
      triggers: [{ verdict: 'filtered', values: [{ path: 'event.data.level', value: '"green"' }] }],
    });
  });

  test('was dead-lettered, or of another type', async () => {
    const station = await stationWith(red);
    const reader = readerOf(station);
    const broken = await emitted(station, 'level.changed', {});
    expect(await explainWhyNot(reader, broken, 'alarm')).toMatchObject({
      outcome: 'dead_lettered',
      reason: expect.stringContaining('there is no "level"') as string,
    });
    const other = await emitted(station, 'level.chnged', { level: 'red' });
    expect(await explainWhyNot(reader, other, 'alarm')).toMatchObject({
      outcome: 'unmatched',
      reason: expect.stringContaining('is one misspelt?') as string,
    });
  });

  test('was to start it by its name, which no trigger has a say in', async () => {
    const station = await Station.open();
    await station.activate(catalogOf('why-not-by-name', red));
    const reader = readerOf(station);
    const record = manualRecord({ flow: 'alarm', data: '{}', by: 'ada' }, station.time.now());
    const admitted = await station.door.admitOwn(record);
    const waiting = admitted.kind === 'accepted' ? admitted.id : '';
    expect(await explainWhyNot(reader, waiting, 'alarm')).toMatchObject({
      outcome: 'waiting',
      reason: 'the router has not come to it yet; then it starts the flow by its name',
    });
    await station.start();
    await station.routed();
    expect(await explainWhyNot(reader, waiting, 'alarm')).toMatchObject({ outcome: 'started' });

    const gone = await station.door.admitOwn({ ...record, subject: 'alram' });
    await station.routed();
    await station.activate(catalogOf('why-not-later', listens('alram', 'x')));
    const id = gone.kind === 'accepted' ? gone.id : '';
    expect(await explainWhyNot(reader, id, 'alram')).toMatchObject({
      outcome: 'dead_lettered',
      reason: 'There is no flow "alram", did you mean "alarm"?',
    });
  });

  test('came before the flow, or is asked about a handler', async () => {
    const station = await stationWith(listens('other', 'x'));
    const event = await emitted(station, 'level.changed', { level: 'red' });
    await station.activate(catalogOf(`why-not-${named++}`, red, listens('handler')));
    const reader = readerOf(station);
    expect(await explainWhyNot(reader, event, 'alarm')).toMatchObject({
      outcome: 'absent',
      reason: 'the flow was not in force then: it was added later',
      triggers: [],
    });
    const later = await emitted(station, 'level.changed', { level: 'red' });
    expect(await explainWhyNot(reader, later, 'handler')).toMatchObject({
      outcome: 'unmatched',
      reason: expect.stringContaining('has no trigger') as string,
    });
    expect(await explainWhyNot(reader, later, 'alarm')).toMatchObject({
      outcome: 'started',
      run: expect.stringMatching(/^sb\w+-\d+$/) as string,
      reason: expect.stringMatching(/^it did start: run sb/) as string,
    });
  });

  test('is not routed yet', async () => {
    const station = await Station.open();
    await station.activate(catalogOf(`why-not-${named++}`, red));
    await station.emit('level.changed', { level: 'green' });
    expect(await explainWhyNot(readerOf(station), '2', 'alarm')).toMatchObject({
      outcome: 'waiting',
      reason: expect.stringMatching(/^the router has not come to it yet; .* is false/) as string,
    });
  });

  test('was matched under flows that nobody can read any more', async () => {
    const station = await stationWith(red);
    const event = await emitted(station, 'level.changed', { level: 'green' });
    const unreadable = {
      ...readerOf(station),
      catalogAt: () => Promise.reject(new SignalboxError('catalog.unreadable', 'too old')),
    };
    expect(await explainWhyNot(unreadable, event, 'alarm')).toMatchObject({
      catalog: null,
      outcome: 'absent',
      reason: expect.stringContaining('reads them otherwise') as string,
    });
  });
});

describe('what is not there is named', () => {
  test.each([
    ['alram', 'There is no flow "alram", did you mean "alarm"?'],
    ['zzz', 'There is no flow "zzz"; there are "alarm".'],
    ['\u001b[2J', String.raw`There is no flow "\u001b[2J"; there are "alarm".`],
  ])('the flow %j', async (flow, message) => {
    const station = await stationWith(red);
    const event = await emitted(station, 'x');
    await expect(explainWhyNot(readerOf(station), event, flow)).rejects.toMatchObject({
      code: 'flow.unknown',
      message,
    });
  });

  test('the event, and without any flow that there is none', async () => {
    const station = await stationWith();
    await expect(explainWhyNot(readerOf(station), '\u001b999', 'a')).rejects.toMatchObject({
      code: 'id.unknown',
      message: expect.stringContaining(String.raw`no run "\u001b999"`) as string,
    });
    await expect(explainWhyNot(readerOf(station), '1', 'a')).rejects.toMatchObject({
      message: 'There is no flow "a"; there are none.',
    });
    const many = Array.from({ length: 10 }, (_, i) => listens(`long-name-${i}`, 'x'));
    await station.activate(catalogOf(`why-not-${named++}`, ...many));
    await expect(explainWhyNot(readerOf(station), '2', 'a')).rejects.toMatchObject({
      message: expect.stringMatching(/"long-name-7" and 2 more\.$/) as string,
    });
  });
});
