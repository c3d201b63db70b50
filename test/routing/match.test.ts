import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { isOwnType } from '../../src/events/own-types.ts';
import { matches } from '../../src/events/pattern.ts';
import type { Flow, Trigger } from '../../src/flows/flow.ts';
import {
  type Arrival,
  FlowIndex,
  HOPS_MAX,
  letterHops,
  type Match,
  sourceOf,
} from '../../src/routing/match.ts';
import { fastest } from '../fixtures/fastest.ts';
import { EVENT } from '../fixtures/step-context.ts';
import { listens, when } from './station.ts';

const yes = when('yes', () => true);
const no = when('no', () => false);
const broken = when('broken', () => {
  throw new Error('no value');
});

function arrival(fields: Partial<Arrival> = {}): Arrival {
  return {
    type: 'pushed',
    source: 'git',
    subject: undefined,
    hops: 0,
    event: () => EVENT,
    ...fields,
  };
}

function matched(flows: readonly Flow[], event: Arrival): string[] {
  return new FlowIndex(flows).match(event).map(({ kind, flow }) => `${kind} ${flow.name}`);
}

/** The same by looking at every trigger of every flow. */
function linear(flows: readonly Flow[], event: Arrival): string[] {
  return flows.flatMap((flow) => {
    const fitting = flow.triggers.filter(({ pattern }) => {
      return matches(pattern, event) && !(pattern.event === '*' && isOwnType(event.type));
    });
    const kinds = fitting.map(({ where }) => kindOf(where?.text, event.hops));
    const kind = (['start', 'dead', 'filtered'] as const).find((each) => kinds.includes(each));
    return kind === undefined || event.hops > HOPS_MAX ? [] : [`${kind} ${flow.name}`];
  });
}

function kindOf(where: string | undefined, hops: number): Match['kind'] {
  if (hops >= HOPS_MAX || where === 'broken') return 'dead';
  return where === 'no' ? 'filtered' : 'start';
}

const texts = [
  'pushed',
  'pushed.again',
  'push',
  'git',
  'git:main',
  'run.started',
  'step.completed',
  '',
];
const text = fc.constantFrom(...texts);
const pattern = fc.oneof(
  text,
  text.map((start) => `${start}*`),
);
const trigger: fc.Arbitrary<Trigger> = fc.record({
  pattern: fc.record({
    event: pattern,
    source: fc.option(pattern, { nil: undefined }),
    subject: fc.option(pattern, { nil: undefined }),
  }),
  where: fc.constantFrom(undefined, yes, no, broken),
});
const flows = fc
  .array(fc.array(trigger, { maxLength: 4 }), { maxLength: 8 })
  .map((all) => all.map((triggers, i) => listens(`flow-${i}`, ...triggers)));
const arrivals = fc
  .record({
    type: text,
    source: text,
    subject: fc.option(text, { nil: undefined }),
    hops: fc.constantFrom(0, 1, HOPS_MAX - 1, HOPS_MAX, HOPS_MAX + 1),
  })
  .map((fields) => arrival(fields));

describe('the index', () => {
  test('finds what looking at every trigger finds', () => {
    fc.assert(
      fc.property(flows, arrivals, (all, event) => {
        expect(matched(all, event).toSorted()).toEqual(linear(all, event).toSorted());
      }),
      { numRuns: 2_000 },
    );
  });

  test('never says that nothing may match where something does', () => {
    fc.assert(
      fc.property(flows, arrivals, (all, event) => {
        const index = new FlowIndex(all);
        expect(index.mayMatch(event.type) || index.match(event).length === 0).toBe(true);
      }),
    );
  });

  test('asks the conditions of those alone that may fit, among ten thousand flows', () => {
    let asked = 0;
    const counted = when('counted', () => {
      asked++;
      return true;
    });
    const all = Array.from({ length: 10_000 }, (_, i) => {
      const rare = { event: `type-${i % 1_000}`, source: `source-${i}` };
      return listens(`flow-${i}`, { pattern: rare, where: counted });
    });
    const index = new FlowIndex(all);
    const found = all.map((_, i) => {
      return index.match(arrival({ type: `type-${i % 1_000}`, source: `source-${i}` })).length;
    });
    expect(new Set(found)).toEqual(new Set([1]));
    expect(asked).toBe(10_000);
    expect(index.mayMatch('run.started')).toBe(false);
  });

  test('meets ten thousand flows at the price of a few', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) =>
      listens(`flow-${i}`, `type-${i}`, `area-${i}.*`),
    );
    const price = (flowsThere: readonly Flow[]): Promise<number> => {
      const index = new FlowIndex(flowsThere);
      return fastest(() => {
        for (let i = 0; i < 20_000; i++) index.match(arrival({ type: `type-${i % 10}` }));
      });
    };
    // Every trigger in turn would cost a thousand times as much.
    expect(await price(all)).toBeLessThan(50 * Math.max(1, await price(all.slice(0, 10))));
  });
});

describe('a flow', () => {
  test('is started once, whatever fits of its triggers', () => {
    const flow = listens('once', 'pushed', 'push*', '*', {
      pattern: { event: 'pushed', source: 'git' },
    });
    expect(matched([flow], arrival())).toEqual(['start once']);
  });

  test.each<readonly [string, readonly (typeof yes)[], string[]]>([
    ['any says so', [no, broken, yes], ['start it']],
    ['any says so, wherever it stands', [yes, broken, no], ['start it']],
    ['none does and one cannot tell', [no, broken, no], ['dead it']],
    ['none does', [no, no], ['filtered it']],
  ])('of several conditions goes by all of them: %s', (_, conditions, then) => {
    for (const event of ['pushed', 'push*']) {
      const triggers = conditions.map((where) => ({ pattern: { event }, where }));
      expect(matched([listens('it', ...triggers)], arrival())).toEqual(then);
    }
  });

  test.each([
    ['start', {}],
    ['gathered', { gather: { kind: 'batch', maxMs: 1_000, size: 3 } }],
  ] as const)('has the event where one trigger wants it, in any order: %s', (kind, how) => {
    const conditions = [yes, no, broken];
    for (const first of conditions) {
      for (const second of conditions) {
        const triggers = [first, second].map((where) => ({ pattern: { event: 'pushed' }, where }));
        const flow = { ...listens('a', ...triggers), ...how };
        const undecided = first === broken || second === broken ? 'dead' : 'filtered';
        const expected = first === yes || second === yes ? kind : undecided;
        expect(matched([flow], arrival())).toEqual([`${expected} a`]);
      }
    }
  });

  test('hears nothing of our own records by "*", and all by their names', () => {
    const all = [
      listens('everything', '*'),
      listens('runs', 'run.*'),
      listens('one', 'run.failed'),
    ];
    expect(matched(all, arrival({ type: 'run.failed', source: 'signalbox' }))).toEqual([
      'start runs',
      'start one',
    ]);
    expect(matched(all, arrival({ type: 'running' }))).toEqual(['start everything']);
  });

  test('is told why it was filtered, and why it is dead', () => {
    const index = new FlowIndex([
      listens('filtered', { pattern: { event: 'pushed' }, where: no }),
      listens('dead', { pattern: { event: 'pushed' }, where: broken }),
    ]);
    expect(index.match(arrival())).toMatchObject([
      { kind: 'filtered', where: 'no' },
      { kind: 'dead', reason: 'no value' },
    ]);
  });

  test('may ask for the event in its condition', () => {
    const where = {
      text: 'event',
      test: (scope: { get(name: string): unknown }) => scope.get('event') !== undefined,
    };
    const flow = listens('it', { pattern: { event: 'pushed' }, where });
    expect(matched([flow], arrival())).toEqual(['start it']);
  });
});

describe('a chain', () => {
  test.each([
    [HOPS_MAX - 1, ['start it']],
    [HOPS_MAX, ['dead it']],
    [HOPS_MAX + 1, []],
  ])('of %i causes is %j', (hops, then) => {
    expect(matched([listens('it', 'pushed')], arrival({ hops }))).toEqual(then);
  });

  test('that is too long is told with its length', () => {
    const [match] = new FlowIndex([listens('it', 'pushed')]).match(arrival({ hops: HOPS_MAX }));
    expect(match).toMatchObject({ reason: expect.stringContaining('32 long') });
  });

  test('of dead letters ends at the second', () => {
    expect(letterHops({ type: 'pushed', hops: 3 })).toBe(4);
    expect(letterHops({ type: 'event.dead_lettered', hops: 4 })).toBe(HOPS_MAX + 1);
  });
});

test('a record of ours is of our own source', () => {
  expect(sourceOf({ source: null })).toBe('signalbox');
  expect(sourceOf({ source: 'git' })).toBe('git');
});
