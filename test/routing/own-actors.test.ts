import { describe, expect, test } from 'vitest';
import type { Trigger } from '../../src/flows/flow.ts';
import { explainTriggers } from '../../src/routing/explain.ts';
import { FlowIndex, type Match } from '../../src/routing/match.ts';
import { ownActorOf, ownActorsOf } from '../../src/routing/own-actors.ts';
import { planRecord } from '../../src/routing/plan.ts';
import type { LogIdentity, LogRecord } from '../../src/store/contract.ts';
import { catalogOf, listens, Station, when } from './station.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sb00000000' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};

function recordBy(actor: string | undefined, fields: Partial<LogRecord> = {}): LogRecord {
  return {
    seq: 4,
    type: 'commented',
    version: 1,
    source: 'github',
    id: null,
    subject: null,
    received: 1_000,
    correlation: null,
    causation: null,
    hops: 0,
    stream: null,
    prev: null,
    attributes: JSON.stringify({ actor, extensions: { a: 'b' } }),
    data: '{}',
    ...fields,
  };
}

const pattern = { event: 'commented' };
const REASON = 'its actor "our-bot" is one of our own, and the trigger does not say "own: true"';

function plan(record: LogRecord, ...triggers: readonly Trigger[]): Match[] {
  const flows = [listens('answer', ...triggers)];
  return planRecord(record, new FlowIndex(flows, ['our-bot']), identity);
}

describe('who is our own actor', () => {
  const own = ownActorsOf(['our-bot']);

  test.each<readonly [LogRecord, string | undefined]>([
    [recordBy('our-bot'), 'our-bot'],
    [recordBy('signalbox'), 'signalbox'],
    [recordBy('somebody'), undefined],
    [recordBy(undefined), undefined],
    [recordBy('our-bot', { source: null }), undefined],
    [recordBy('our-bot', { attributes: null }), undefined],
    [recordBy('x', { attributes: '{"extensions":{"actor2":"our-bot"}}' }), undefined],
  ])('%#', (record, actor) => {
    expect(ownActorOf(record, own)).toBe(actor);
  });
});

describe('an event that our own actor brought about', () => {
  test('starts nothing, and says which rule kept it from that', () => {
    expect(plan(recordBy('our-bot'), { pattern })).toMatchObject([
      { kind: 'filtered', where: REASON, rule: 'own actor' },
    ]);
  });

  test('starts what asks for it, by any of its triggers', () => {
    const no = { pattern, own: false };
    expect(plan(recordBy('our-bot'), { pattern, own: true })).toMatchObject([{ kind: 'start' }]);
    expect(plan(recordBy('our-bot'), no, { pattern, own: true })).toMatchObject([
      { kind: 'start' },
    ]);
    expect(plan(recordBy('our-bot'), no)).toMatchObject([{ kind: 'filtered' }]);
  });

  test('does not have conditions asked about it, which might make it a dead letter', () => {
    const where = when('broken', () => {
      throw new Error('asked');
    });
    expect(plan(recordBy('our-bot'), { pattern, where })).toMatchObject([{ kind: 'filtered' }]);
    expect(plan(recordBy('somebody'), { pattern, where })).toMatchObject([{ kind: 'dead' }]);
    expect(plan(recordBy('our-bot'), { pattern, where, own: true })).toMatchObject([
      { kind: 'dead' },
    ]);
  });

  test('is explained by that rule', () => {
    const flow = listens('answer', { pattern, own: false }, { pattern, own: true });
    const event = (): never => {
      throw new Error('not asked for');
    };
    const arrival = { type: 'commented', source: 'github', subject: undefined, hops: 0, event };
    const explained = explainTriggers(flow, { ...arrival, ownActor: () => 'our-bot' });
    expect(explained).toEqual([
      { on: { event: 'commented', own: true }, verdict: 'starts', reason: 'its attributes fit' },
      { on: { event: 'commented', own: false }, verdict: 'filtered', reason: REASON },
    ]);
  });

  test('is filtered under the actors of its own time, as the audit finds again', async () => {
    const station = await Station.open();
    const flows = catalogOf('nobody', listens('answer', 'commented'));
    const later = catalogOf('our bot', listens('answer', 'commented'));
    const owned = Object.assign(later, { ownActors: ['our-bot'] });
    await station.activate(flows);
    await station.start();
    await station.emit('commented', {}, { actor: 'our-bot' });
    await station.routed();
    await station.activate(owned);
    await station.emit('commented', {}, { actor: 'our-bot' });
    await station.routed();
    await station.router.stop();
    const sum = { started: 1, filtered: 1 };
    expect(station.router.tally).toMatchObject(sum);
    expect(await station.audit()).toMatchObject({ firstBad: null, sum });
  });
});
