import { describe, expect, test } from 'vitest';
import type { Act } from '../../src/gates/act.ts';
import type { Autonomy } from '../../src/flows/flow.ts';
import { judge } from '../../src/gates/judge.ts';
import { gatesSchema } from '../../src/gates/policy-table.ts';
import { actWith, command } from './acts.ts';

interface Setting {
  readonly gates?: object;
  readonly level?: Autonomy;
  readonly gate?: boolean;
  readonly fallen?: boolean;
}

function ask(act: Act, { gates = {}, level = 2, gate = false, fallen }: Setting = {}): string {
  const table = gatesSchema.parse(gates);
  const from = fallen === true ? 'failures' : 'default';
  const { answer, by } = judge(act, { table, autonomy: { level, from }, isGated: gate });
  return `${answer} (${by})`;
}

const run = command('node notes.mjs');
const push = command('git push');
const emit = actWith({ kind: 'emit' });
const docs = actWith({
  kind: 'tool',
  tool: 'filesystem',
  action: 'write',
  paths: ['docs/a.md'],
  declared: 'medium',
});

describe('seed 000: Progressive Automation: Start with low-risk operations', () => {
  test('autonomy 0 observes: what acts is not done, whatever a policy says', () => {
    const gates = { policies: [{ name: 'all', if: 'true', then: 'approve' }] };
    expect(ask(run, { level: 0, gates })).toBe('reject (autonomy: 0)');
    expect(ask(emit, { level: 0 })).toBe('approve (nothing)');
  });

  test('autonomy 1 proposes all that acts', () => {
    expect(ask(run, { level: 1 })).toBe('ask (autonomy: 1)');
    expect(ask(emit, { level: 1 })).toBe('approve (nothing)');
  });

  test('autonomy 2 does by itself what is below the threshold: by default what is not high', () => {
    expect(ask(run)).toBe('approve (policy: threshold)');
    expect(ask(docs)).toBe('approve (policy: threshold)');
    expect(ask(push)).toBe('ask (policy: threshold)');
  });

  test('autonomy 3 asks about nothing but gates and policies', () => {
    expect(ask(push, { level: 3 })).toBe('approve (autonomy: 3)');
    expect(ask(push, { level: 3, gate: true })).toBe('ask (gate)');
  });
});

describe('seed 000: Configurable approval thresholds', () => {
  test('risk below the threshold is approved, and from it on a person is asked', () => {
    expect(ask(docs, { gates: { threshold: 'medium' } })).toBe('ask (policy: threshold)');
    expect(ask(run, { gates: { threshold: 'medium' } })).toBe('approve (policy: threshold)');
    expect(ask(run, { gates: { threshold: 'low' } })).toBe('ask (policy: threshold)');
  });

  test('a written gate asks at every level, but where a threshold or a policy answers', () => {
    for (const level of [1, 2, 3] as const) {
      expect(ask(run, { level, gate: true })).toBe('ask (gate)');
    }
    const gates = { threshold: 'medium' };
    expect(ask(run, { gate: true, gates })).toBe('approve (policy: threshold)');
    expect(ask(emit, { gate: true, gates })).toBe('approve (policy: threshold)');
    expect(ask(docs, { gate: true, gates })).toBe('ask (gate)');
  });
});

describe('seed 000: Risk-based human escalation', () => {
  test('the first policy whose condition holds is the one that counts', () => {
    const policies = [
      { name: 'docs', if: "proposal.paths.all(p, p.startsWith('docs/'))", then: 'approve' },
      { name: 'never', if: "'git.push' in proposal.rules", then: 'reject' },
      { name: 'big', if: 'proposal.lines > 10', then: 'ask' },
    ];
    const gates = { policies };
    expect(ask(docs, { gates, gate: true })).toBe('approve (policy: docs)');
    expect(ask(docs, { gates, level: 1 })).toBe('approve (policy: docs)');
    expect(ask(push, { gates, level: 3 })).toBe('reject (policy: never)');
    const large = { ...docs, paths: ['docs/a.md', 'src/a.ts'], lines: 11 };
    expect(ask(large, { gates, level: 3 })).toBe('ask (policy: big)');
  });

  test('a policy that approves by a list says nothing where the list is empty', () => {
    const policies = [{ name: 'docs', if: 'proposal.paths.all(p, false)', then: 'approve' }];
    expect(ask(push, { gates: { policies } })).toBe('ask (policy: threshold)');
  });

  test('a condition without a value asks', () => {
    const policies = [{ name: 'odd', if: 'proposal.no_such_field == 1', then: 'approve' }];
    expect(ask(run, { gates: { policies } })).toBe('ask (policy: odd)');
    const table = gatesSchema.parse({ policies });
    const autonomy = { level: 3, from: 'default' } as const;
    const { note } = judge(run, { table, autonomy, isGated: false });
    expect(note).toMatch(/^Its condition has no value: /);
  });

  test('untrusted events do nothing outward without a person, at any level', () => {
    const strange = { ...run, trust: 'untrusted' } as const;
    expect(ask(strange, { level: 3 })).toBe('ask (untrusted)');
    expect(ask({ ...emit, trust: 'untrusted' }, { level: 3 })).toBe('approve (nothing)');
    const gates = { threshold: 'high', policies: [{ name: 'all', if: 'true', then: 'approve' }] };
    expect(ask(strange, { level: 3, gates })).toBe('ask (untrusted)');
    const named = "proposal.trust == 'untrusted' && proposal.command == 'node notes.mjs'";
    const policies = [{ name: 'notes', if: named, then: 'approve' }];
    expect(ask(strange, { gates: { policies } })).toBe('approve (policy: notes)');
  });
});

describe('seed 000: Graceful Degradation: Fall back to interactive when needed', () => {
  test('a flow that failed too often asks, and says why', () => {
    const autonomy = { level: 1, from: 'failures' } as const;
    const found = judge(run, { table: gatesSchema.parse({}), autonomy, isGated: false });
    expect(found).toMatchObject({ answer: 'ask', by: 'autonomy: 1' });
    expect(found.note).toBe('The flow has failed too often by itself.');
  });
});

describe('the table at load', () => {
  test('two policies with one name, and what is no condition, are refused', () => {
    const twice = { name: 'a', if: 'true', then: 'ask' };
    const paths = (gates: object): unknown =>
      gatesSchema.safeParse(gates).error?.issues.map(({ path, message }) => [path, message]);
    expect(paths({ policies: [twice, twice] })).toEqual([
      [['policies', 1, 'name'], 'there is another policy "a"; decisions are recorded by this name'],
    ]);
    expect(paths({ policies: [{ ...twice, if: 'propsal.risk == 1' }] })).toEqual([
      [['policies', 0, 'if'], expect.stringContaining('did you mean "proposal"?')],
    ]);
    expect(paths({ policies: [{ ...twice, if: '(' }] })).toHaveLength(1);
  });
});
