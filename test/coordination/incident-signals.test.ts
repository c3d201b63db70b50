import { describe, expect, test } from 'vitest';
import { incidentKeyOf, signalOf } from '../../src/coordination/incident-signals.ts';
import type { Json } from '../../src/std/json.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { recordOf } from './records.ts';

function record(type: string, data: Json, source: string | null = null): LogRecord {
  return { ...recordOf(type, data, { source }), seq: 9, stream: 7, prev: null };
}

describe('a record', () => {
  test('that says that something is wrong opens an incident', () => {
    const failed = { channel: 'ops', reason: 'it answered 404' };
    const error = { message: 'the undo broke' };
    expect(signalOf(record('run.stuck', { flow: 'f', error }))).toMatchObject({
      kind: 'wrong',
      key: 'run:7',
      subject: 'f',
      level: 'red',
      reason: 'it could not be undone: the undo broke',
    });
    expect(signalOf(record('notification.undeliverable', failed))).toMatchObject({
      kind: 'wrong',
      key: 'undeliverable:ops',
      reason: 'UNDELIVERABLE over ops: it answered 404',
    });
    const asked = { incident: 'notification:f/1', flow: 'f', message: 'm' };
    expect(signalOf(record('notification.requested', asked))).toMatchObject({
      key: 'notification:f/1',
      reason: 'm',
    });
    const said = { subject: 'disk', level: 'Orange', reason: 'full' };
    expect(signalOf(record('incident.reported', said, 'cli'))).toEqual({
      kind: 'wrong',
      key: 'reported:disk',
      subject: 'disk',
      level: 'orange',
      reason: 'full',
    });
  });

  test('that says that it is right again ends it', () => {
    expect(signalOf(record('run.compensated', {}))).toMatchObject({ kind: 'right', key: 'run:7' });
    const sent = record('notification.sent', { channel: 'ops' });
    expect(signalOf(sent)).toMatchObject({ kind: 'right', key: 'undeliverable:ops' });
    const cleared = record('incident.cleared', { key: 'k', subject: 'disk' }, 'cli');
    expect(signalOf(cleared)).toMatchObject({ kind: 'right', key: 'reported:k' });
  });

  test('of anything else, of nothing, or in the name of ours means nothing', () => {
    expect(signalOf(record('run.failed', { flow: 'f' }))).toBeUndefined();
    expect(signalOf(record('incident.reported', null, 'cli'))).toBeUndefined();
    expect(signalOf(record('incident.reported', { subject: 5 }, 'cli'))).toBeUndefined();
    expect(signalOf(record('notification.requested', { incident: 'run:7' }))).toBeUndefined();
    expect(signalOf(record('run.stuck', { flow: 'f' }, 'cli'))).toBeUndefined();
  });
});

describe('the incident that an event is about', () => {
  test('is the one that is made of what reports it, or whose record it is', () => {
    const data = { key: 'k', subject: 's' };
    expect(incidentKeyOf('incident.reported', data)).toBe('reported:k');
    expect(incidentKeyOf('incident.reported', { subject: 's' })).toBe('reported:s');
    expect(incidentKeyOf('incident.opened', { key: 'run:7' })).toBe('run:7');
  });

  test('is none of an event that is no record of one, whatever it holds', () => {
    expect(incidentKeyOf('incident.reported', { key: 'k' })).toBeUndefined();
    expect(incidentKeyOf('incident.of_mine', { key: 'k' })).toBeUndefined();
    expect(incidentKeyOf('volume.filling', { key: 'k' })).toBeUndefined();
    expect(incidentKeyOf('incident.opened', null)).toBeUndefined();
  });
});
