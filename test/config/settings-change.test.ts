import { expect, test } from 'vitest';
import { compareSettings, settingsAtStart } from '../../src/config/settings-change.ts';
import { settingsSchema, type Settings } from '../../src/config/settings.ts';
import { weakened, weakenedSources } from '../../src/config/weakened.ts';
import type { QueueOverflow } from '../../src/flows/flow.ts';
import type { SourceDefinition } from '../../src/flows/source.ts';

const DEFAULTS = read({});

function read(written: object): Settings {
  return settingsSchema.parse(written);
}

test('what differs is named with its part, and by when it holds', () => {
  const after = read({
    port: 9,
    security: { http_allow: ['10.0.0.7'] },
    gates: { threshold: 'high' },
    people: { ada: { roles: ['admin'] } },
    autonomy: 3,
    request_limit: { limit: 1, per: '1s' },
    channels: { ops: { slack: 'https://example.com/x' } },
  });
  expect(compareSettings(DEFAULTS, after)).toEqual({
    reloaded: ['people.ada', 'autonomy', 'gates.threshold'],
    restarted: ['port', 'request_limit', 'channels.ops', 'security.http_allow'],
  });
  expect(compareSettings(after, DEFAULTS).reloaded).toContain('autonomy');
});

test('what says the same differs in nothing, though it was compiled twice', () => {
  const written = {
    gates: { policies: [{ name: 'docs', if: "proposal.risk == 'low'", then: 'approve' }] },
  };
  const none = { reloaded: [], restarted: [] };
  expect(compareSettings(read(written), read(written))).toEqual(none);
});

test('a start takes from the files where it is heard, and not what decides what may happen', () => {
  const written = { port: 9, autonomy: 3, security: { isolation: 'off' }, hosts: ['evil'] };
  expect(settingsAtStart(DEFAULTS, read(written))).toEqual({ ...DEFAULTS, port: 9 });
});

const POLICY = { name: 'docs', if: "proposal.risk == 'low'" };
const ask = { gates: { policies: [{ ...POLICY, then: 'ask' }] } };
const reject = { gates: { policies: [{ ...POLICY, then: 'reject' }] } };
const OTHER = { name: 'rest', if: "proposal.risk == 'high'" };
const approve = { gates: { policies: [{ ...POLICY, then: 'approve' }] } };

test.each<[object, object, string[]]>([
  [{}, { host: '0.0.0.0' }, ['"host: 0.0.0.0" lets other machines in']],
  [{ webhook_host: '::' }, { webhook_host: '0.0.0.0' }, []],
  [{ hosts: ['a'] }, { hosts: ['a', 'b'] }, ['requests to the name b are taken']],
  [{ request_limit: { limit: 1, per: '1s' } }, {}, ['clients may ask more often']],
  [{ request_limit: { limit: 9, per: '1s' } }, { request_limit: { limit: 9, per: '2s' } }, []],
  [{}, { security: { http_allow: ['10.0.0.7'] } }, ['requests of flows reach 10.0.0.7']],
  [
    { security: { require_isolation: true } },
    { security: { isolation: 'off', open_metrics: true } },
    [
      'commands of steps are not isolated from the daemon',
      'the daemon starts also where commands cannot be isolated',
      'metrics are told without a token',
    ],
  ],
  [
    { people: { ada: { roles: ['viewer'] }, bob: { roles: ['admin'] } } },
    { people: { ada: { roles: ['approver', 'viewer'] }, eve: { roles: ['viewer'] } } },
    ['ada is approver', 'eve is viewer'],
  ],
  [{ autonomy: 1 }, {}, ['more happens without a person (autonomy 2)']],
  [{}, { autonomy: 1 }, []],
  [{}, { gates: { threshold: 'low' } }, []],
  [
    {},
    { gates: { threshold: 'medium' } },
    ['people are asked from medium risk on (gates.threshold)'],
  ],
  [{ gates: { threshold: 'low' } }, {}, ['people are asked as autonomy says (gates.threshold)']],
  [{ gates: { threshold: 'high' } }, { gates: { threshold: 'medium' } }, []],
  [
    ask,
    approve,
    [
      "a policy approves by itself (docs: proposal.risk == 'low')",
      "a policy asks no more (docs: proposal.risk == 'low')",
    ],
  ],
  [approve, ask, []],
  [reject, ask, ["a policy rejects no more (docs: proposal.risk == 'low')"]],
  [ask, reject, []],
  [
    { gates: { policies: [{ ...OTHER, then: 'ask' }, ...approve.gates.policies] } },
    { gates: { policies: [...approve.gates.policies, { ...OTHER, then: 'ask' }] } },
    ['policies stand in another order, of which the first that holds counts'],
  ],
  [
    { gates: { notify: ['ops', 'all'] } },
    { gates: { notify: ['all'] } },
    ['ops is told of proposals no more (gates.notify)'],
  ],
  [
    { people: { ada: { roles: ['admin'] } } },
    {},
    ['the owner decides on everything alone (people)'],
  ],
  [
    { hooks: { 'event:received': [{ module: './a.mjs', on_failure: 'closed' }] } },
    { hooks: { 'event:received': ['./a.mjs'] } },
    ['a hook is asked differently than before (event:received ./a.mjs)'],
  ],
  [
    { gates: { fall_back_after: 2 } },
    { gates: { fall_back_after: 0 } },
    ['flows that fail go on longer without asking'],
  ],
  [
    { hooks: { 'event:received': ['./a.mjs', { command: ['b', 'c'] }] } },
    {},
    [
      'a hook is asked no more (event:received ./a.mjs)',
      'a hook is asked no more (event:received b c)',
    ],
  ],
  [{}, { loop_budget: { time: '30d' } }, ['chains of causes may go on for longer (loop_budget)']],
  [{}, { queue_overflow: 'drop' }, ['runs are dropped where too much waits (queue_overflow)']],
  [
    { retention: { size: '1GiB' } },
    { retention: { events: '90d', size: '2GiB' } },
    ['less of the log is kept (retention.events)'],
  ],
])('%j that becomes %j protects less in so many ways', (before, after, expected) => {
  expect(weakened(read(before), read(after))).toEqual(expected);
});

test('a source that is to drop what is too much protects less, where that is new', () => {
  const source = (overflow?: QueueOverflow): SourceDefinition => {
    const queue = { limit: 1, overflow };
    return { name: 'bell:a', type: 'bell', handlers: [], trust: 'trusted', config: {}, queue };
  };
  const limited = (overflow?: QueueOverflow, inherited: QueueOverflow = 'queue') => {
    return { sources: new Map([['bell:a', source(overflow)]]), queue_overflow: inherited };
  };
  const none = { sources: new Map(), queue_overflow: 'queue' } as const;
  const told = ['events of bell:a start nothing where too many wait (queue_overflow)'];
  expect(weakenedSources(limited('error'), limited('drop'))).toEqual(told);
  expect(weakenedSources(none, limited('drop'))).toEqual(told);
  expect(weakenedSources(limited('drop'), limited('drop'))).toEqual([]);
  expect(weakenedSources(limited('drop'), limited())).toEqual([]);
  // What it does not say, the settings of all say.
  expect(weakenedSources(limited('error', 'drop'), limited(undefined, 'drop'))).toEqual(told);
  expect(weakenedSources(limited(undefined, 'drop'), limited('drop'))).toEqual([]);
});
