import { describe, expect, test } from 'vitest';
import { FlowIndex, type Match } from '../../src/routing/match.ts';
import { count, planRecord } from '../../src/routing/plan.ts';
import { decodeTally, NO_TALLY, type Tally } from '../../src/routing/tally.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { identity, recordOf } from './records.ts';
import { listens, when } from './station.ts';

function plan(record: LogRecord, ...flows: Parameters<typeof listens>[]): Match[] {
  return planRecord(record, new FlowIndex(flows.map((each) => listens(...each))), identity);
}

describe('the plan for a record', () => {
  test('is what the flows make of its attributes', () => {
    const main = { event: 'pushed', subject: 'main' };
    const other = { event: 'pushed', subject: 'other' };
    const record = recordOf({ subject: 'main' });
    expect(plan(record, ['a', { pattern: main }], ['b', { pattern: other }])).toMatchObject([
      { kind: 'start', flow: { name: 'a' } },
    ]);
    expect(plan(recordOf(), ['a', { pattern: main }], ['c', 'pushed'])).toMatchObject([
      { kind: 'start', flow: { name: 'c' } },
    ]);
  });

  test('makes the event once, however many conditions look at it, and not where none does', () => {
    const seen: unknown[] = [];
    const where = {
      text: 'look',
      test: (scope: { get(name: string): unknown }) => {
        const event = scope.get('event') as { readonly data: unknown };
        seen.push(event.data);
        return true;
      },
    };
    const pattern = { event: 'pushed' };
    plan(recordOf(), ['a', { pattern, where }], ['b', { pattern, where }]);
    expect(seen).toEqual([{ n: 1 }, { n: 1 }]);
    expect(seen[0]).toBe(seen[1]);
    expect(plan(recordOf({ data: 'no JSON' }), ['a', 'pushed'])).toHaveLength(1);
  });

  test('is a dead letter where the payload cannot be read', () => {
    const where = when('any', () => true);
    const [match] = plan(recordOf({ data: 'no JSON' }), [
      'a',
      { pattern: { event: 'pushed' }, where },
    ]);
    expect(match).toMatchObject({ kind: 'dead' });
  });

  test('of our own records goes by our own source', () => {
    const pattern = { event: 'run.failed', source: 'signalbox' };
    const record = recordOf({ type: 'run.failed', source: null });
    expect(plan(record, ['a', { pattern }])).toHaveLength(1);
    expect(plan(recordOf({ type: 'run.started', source: null }), ['a', '*'])).toEqual([]);
  });
});

describe('a record that names a flow', () => {
  const start = { type: 'manual.triggered', source: null, subject: 'a', data: '{}' };
  const retry = { type: 'dead_letter.retried', source: null, data: '{"flow":"a"}' };

  test.each([start, retry])('$type starts it, whatever its triggers say', (fields) => {
    const no = { pattern: { event: fields.type }, where: when('no', () => false) };
    for (const flow of [['a'], ['a', 'pushed'], ['a', fields.type], ['a', no]] as const) {
      expect(plan(recordOf(fields), [...flow])).toMatchObject([
        { kind: 'start', flow: { name: 'a' } },
      ]);
    }
  });

  test('starts what listens to its type beside it', () => {
    const matches = plan(recordOf(start), ['a'], ['b', 'manual.*'], ['c', '*']);
    expect(matches.map(({ kind, flow }) => `${kind} ${flow.name}`)).toEqual(['start a', 'start b']);
  });

  test('is a dead letter where there is no such flow, or the chain is too long', () => {
    expect(plan(recordOf(start), ['b'])).toEqual([
      {
        kind: 'dead',
        flow: { name: 'a' },
        code: 'flow.unknown',
        reason: expect.any(String) as string,
      },
    ]);
    expect(plan(recordOf({ ...start, subject: 'deplyo' }), ['deploy'])).toMatchObject([
      { reason: 'There is no flow "deplyo", did you mean "deploy"?' },
    ]);
    expect(plan(recordOf({ ...retry, hops: 32 }), ['a'], ['b', 'dead_letter.*'])).toMatchObject([
      { kind: 'dead', flow: { name: 'a' }, code: 'chain.too_long' },
      { kind: 'dead', flow: { name: 'b' }, code: 'chain.too_long' },
    ]);
    expect(plan(recordOf({ ...retry, hops: 33 }), ['a'])).toEqual([]);
  });

  test('is one of ours: a foreign event of that type names nothing', () => {
    expect(plan(recordOf({ ...start, source: 'tests' }), ['a'])).toEqual([]);
  });
});

describe('what is counted of a record', () => {
  const flow = listens('a', 'pushed');
  const start: Match = { kind: 'start', flow };
  const filtered: Match = { kind: 'filtered', flow, where: 'no' };
  const dead: Match = { kind: 'dead', flow, code: 'expression.failed', reason: 'no value' };

  test.each<readonly [Partial<LogRecord>, readonly Match[], Partial<Tally>]>([
    [{}, [], { unmatched: 1 }],
    [{}, [start], { started: 1 }],
    [{}, [start, filtered, filtered, dead], { started: 1, filtered: 2, dead_lettered: 1 }],
    [{ stream: 2 }, [], {}],
    [{ stream: 2 }, [start], { started: 1 }],
    [{ type: 'run.succeeded', stream: 2 }, [], { succeeded: 1 }],
    [{ type: 'run.failed', stream: 2 }, [filtered], { failed: 1, filtered: 1 }],
    [{ type: 'run.noop', stream: 2 }, [], { noop: 1 }],
    [{ type: 'run.cancelled', stream: 2 }, [], { cancelled: 1 }],
    [{ type: 'run.retried', stream: 2, data: '{"ended":"failed"}' }, [], { failed: -1 }],
    [{ type: 'run.retried', stream: 2, data: '{"ended":"forgiven"}' }, [], {}],
    [{ type: 'run.retried', stream: 2, data: '{"ended":null}' }, [], {}],
    [{ type: 'run.started', stream: 2, data: '{"parent":7}' }, [], { called: 1 }],
    [{ type: 'run.started', stream: 2, data: '{"flow":"\\"parent\\":"}' }, [], {}],
    [{ type: 'branch.cancelled', stream: 2 }, [], {}],
    [{ type: 'event.dead_lettered' }, [], { unmatched: 1 }],
  ])('%j with %j is %j', (fields, matches, then) => {
    const tally = decodeTally('{}');
    count(tally, recordOf(fields), matches);
    expect(tally).toEqual({ ...NO_TALLY, ...then });
  });
});
