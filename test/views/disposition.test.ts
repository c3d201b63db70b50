import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/flows/catalog.ts';
import type { Flow } from '../../src/flows/flow.ts';
import { HOPS_MAX } from '../../src/routing/match.ts';
import type { LogIdentity, LogRecord, RunRow } from '../../src/store/contract.ts';
import { toRecord } from '../../src/store/record.ts';
import { type Disposition, dispositions, matchesOf } from '../../src/views/disposition.ts';

const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sbaaaaaaaa' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};
const SEQ = 5;

function recordOf(change: Partial<LogRecord> = {}): LogRecord {
  const draft = toRecord({ type: 'git.pushed', source: 'git:api', data: '{}' }, 0);
  return { ...draft, seq: SEQ, prev: null, stream: null, ...change };
}

function flowOf(name: string, event: string, says?: () => boolean): Flow {
  const where = says === undefined ? undefined : { text: 'payload.n > 1', test: says };
  return { name, triggers: [{ pattern: { event }, where }], steps: [] };
}

function outcome(
  flow: Flow,
  routing: { readonly routed?: number; readonly run?: number } = {},
  record = recordOf(),
): Disposition[] {
  const catalog: Catalog = { hash: 'h', files: [], flows: new Map([[flow.name, flow]]) };
  const matches = matchesOf(catalog, record, identity);
  const { routed = SEQ, run } = routing;
  const runs = run === undefined ? [] : [{ id: run, flow: flow.name } as RunRow];
  return dispositions(record, matches, { routed, runs, identity });
}

describe('a flow whose pattern the event matches', () => {
  test('has started the run that the log holds', () => {
    expect(outcome(flowOf('f', 'git.*'), { run: 9 })).toEqual([
      { flow: 'f', outcome: 'started', reason: null, run: 'sbaaaaaaaa-9' },
    ]);
  });

  test('waits until the router has come by', () => {
    const waiting = { flow: 'f', outcome: 'waiting', reason: null, run: null };
    expect(outcome(flowOf('f', 'git.pushed'), { routed: SEQ - 1 })).toEqual([waiting]);
    expect(
      outcome(
        flowOf('f', 'git.pushed', () => false),
        { routed: SEQ - 1 },
      ),
    ).toEqual([waiting]);
  });

  test('is filtered by its condition, whose text is the reason', () => {
    expect(outcome(flowOf('f', 'git.pushed', () => false))).toEqual([
      { flow: 'f', outcome: 'filtered', reason: 'payload.n > 1', run: null },
    ]);
  });

  test('is dead-lettered where its condition has no value', () => {
    const broken = flowOf('f', 'git.pushed', () => {
      throw new Error('payload has no field "n"');
    });
    expect(outcome(broken)).toEqual([
      { flow: 'f', outcome: 'dead_lettered', reason: 'payload has no field "n"', run: null },
    ]);
  });

  test('is dead-lettered where the chain of causes is a loop', () => {
    const record = recordOf({ hops: HOPS_MAX });
    expect(outcome(flowOf('f', 'git.pushed'), {}, record)).toMatchObject([
      { outcome: 'dead_lettered', reason: expect.stringContaining('loop') },
    ]);
  });
});

test('a flow whose pattern the event does not match has no part in it', () => {
  expect(outcome(flowOf('f', 'git.tagged'))).toEqual([]);
});
