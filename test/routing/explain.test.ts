import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { compileCondition, type Condition } from '../../src/flows/condition.ts';
import type { Trigger } from '../../src/flows/flow.ts';
import { TRIGGER_NAMES } from '../../src/flows/names.ts';
import {
  explainTriggers,
  type TriggerExplanation,
  TRIGGERS_EXPLAINED_MAX,
} from '../../src/routing/explain.ts';
import { type Arrival, FlowIndex, HOPS_MAX, type Match } from '../../src/routing/match.ts';
import type { Json } from '../../src/std/json.ts';
import { EVENT } from '../fixtures/step-context.ts';
import { listens, when } from './station.ts';

function condition(text: string): Condition {
  const compiled = compileCondition(text, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return compiled.value;
  throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
}

function arrival(fields: Partial<Arrival> = {}, data: Json = {}): Arrival {
  const event = { ...EVENT, type: 'git.pushed', source: 'git:api', data };
  return {
    type: event.type,
    source: event.source,
    subject: undefined,
    hops: 0,
    event: () => event,
    ...fields,
  };
}

function explain(
  trigger: Trigger,
  fields: Partial<Arrival> = {},
  data: Json = {},
): TriggerExplanation {
  const [explanation] = explainTriggers(listens('f', trigger), arrival(fields, data));
  if (explanation === undefined) throw new Error('nothing was explained');
  return explanation;
}

describe('an attribute that does not fit is named with what is wanted and what was seen', () => {
  test.each<[Trigger['pattern'], Partial<Arrival>, Partial<TriggerExplanation>]>([
    [
      { event: 'git.tagged' },
      {},
      {
        verdict: 'type',
        wanted: 'git.tagged',
        saw: 'git.pushed',
        reason: 'its type is "git.pushed", and the flow wants "git.tagged"',
      },
    ],
    [
      { event: 'git.pushd' },
      {},
      {
        verdict: 'type',
        reason:
          'its type is "git.pushed", and the flow wants "git.pushd"; ' +
          'the two differ by little: is one misspelt?',
      },
    ],
    [
      { event: 'git' },
      {},
      {
        verdict: 'type',
        reason: 'its type is "git.pushed", and the flow wants "git"; "git.*" would take it',
      },
    ],
    [
      { event: '*' },
      { type: 'run.failed' },
      { verdict: 'type', reason: expect.stringContaining('that Signalbox records itself') },
    ],
    [
      { event: 'git.*', source: 'git:web' },
      {},
      {
        verdict: 'source',
        wanted: 'git:web',
        saw: 'git:api',
        reason: 'its source is "git:api", and the flow wants "git:web"',
      },
    ],
    [
      { event: 'git.*', subject: 'refs/heads/*' },
      {},
      {
        verdict: 'subject',
        wanted: 'refs/heads/*',
        saw: '',
        reason: 'it has no subject, and the flow wants "refs/heads/*"',
      },
    ],
  ])('%j', (pattern, fields, expected) => {
    expect(explain({ pattern }, fields)).toMatchObject({ on: pattern, ...expected });
  });

  test('and what it was is cut and does nothing to a terminal', () => {
    const type = `\u001b[2J${'x'.repeat(100_000)}`;
    const { reason } = explain({ pattern: { event: 'git.pushed' } }, { type });
    expect(reason).toContain(String.raw`\u001b[2J`);
    expect(reason).not.toContain('\u001b');
    expect(reason.length).toBeLessThan(300);
  });
});

describe('a condition', () => {
  const pattern = { event: 'git.*' };

  test('that is false is told with the values that it saw', () => {
    const where = condition("event.data.level == 'red'");
    expect(explain({ pattern, where }, {}, { level: 'green' })).toEqual({
      on: { event: 'git.*', where: "event.data.level == 'red'" },
      verdict: 'filtered',
      reason: `"event.data.level == 'red'" is false: event.data.level = "green"`,
      values: [{ path: 'event.data.level', value: '"green"' }],
    });
  });

  test('of several parts names those that are false, and what is not there', () => {
    const where = condition('payload.n > 1 && !has(payload.skip) && payload.n < 5');
    expect(explain({ pattern, where }, {}, { n: 7 })).toMatchObject({
      verdict: 'filtered',
      reason: expect.stringContaining('payload.n = 7, payload.skip has no value'),
      unmet: ['payload.n < 5'],
    });
  });

  test('without a value is told with its error', () => {
    const where = condition('payload.n > 1');
    expect(explain({ pattern, where }, {}, {})).toMatchObject({
      verdict: 'dead',
      reason: expect.stringMatching(/^The expression "payload.n > 1" has no value: .*[^.]$/),
      values: [{ path: 'payload.n', value: null }],
    });
  });

  test('that is true starts the flow', () => {
    const where = condition('payload.n > 1');
    expect(explain({ pattern, where }, {}, { n: 2 })).toMatchObject({
      verdict: 'starts',
      reason: '"payload.n > 1" is true',
    });
    expect(explain({ pattern })).toMatchObject({ verdict: 'starts', reason: 'its attributes fit' });
    expect(explain({ pattern, where: when('no', () => false) })).toMatchObject({
      reason: '"no" is false',
    });
  });
});

test('a chain that is too long is told with its length', () => {
  expect(explain({ pattern: { event: 'git.*' } }, { hops: HOPS_MAX })).toMatchObject({
    verdict: 'chain_too_long',
    reason: `the chain of causes is ${HOPS_MAX} long, which is taken for a loop`,
  });
});

test('the trigger that came nearest is told first, and no more of them than a person reads', () => {
  const others = Array.from({ length: 100 }, (_, i) => `other.${i}`);
  const nearest = { pattern: { event: 'git.pushed' }, where: when('no', () => false) };
  const told = explainTriggers(listens('f', ...others, nearest), arrival());
  expect(told).toHaveLength(TRIGGERS_EXPLAINED_MAX);
  expect(told.map(({ verdict }) => verdict).slice(0, 2)).toEqual(['filtered', 'type']);
});

const texts = fc.constantFrom('git', 'git.pushed', 'git.*', 'git:api', 'run.failed', '*', 'x');
const triggers = fc.record({
  pattern: fc.record({ event: texts, source: fc.option(texts, { nil: undefined }) }),
  where: fc.constantFrom(
    undefined,
    when('yes', () => true),
    when('no', () => false),
    when('broken', () => {
      throw new Error('no value');
    }),
  ),
});

const KINDS: ReadonlyMap<string | undefined, Match['kind']> = new Map([
  ['starts', 'start'],
  ['filtered', 'filtered'],
  ['dead', 'dead'],
  ['chain_too_long', 'dead'],
]);

test('what is told is what matching does', () => {
  fc.assert(
    fc.property(
      fc.array(triggers, { minLength: 1, maxLength: 5 }),
      fc.record({ type: texts, source: texts, hops: fc.constantFrom(0, HOPS_MAX) }),
      (written, fields) => {
        const flow = listens('f', ...written);
        const [match] = new FlowIndex([flow]).match(arrival(fields));
        const [first] = explainTriggers(flow, arrival(fields));
        const kind = KINDS.get(first?.verdict);
        expect(kind).toBe(match?.kind);
      },
    ),
  );
});
