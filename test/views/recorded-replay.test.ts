import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/signalbox/testing/answers.ts';
import type { Doing } from '../../src/runs/recorded/compare.ts';
import { RetryableError, TerminalError } from '../../src/std/errors.ts';
import { isObject } from '../../src/std/json.ts';
import { idOf } from '../../src/store/record.ts';
import type { ReplayedRun } from '../../src/views/recorded-replay.ts';
import { type RecordedRuns, recordedRuns } from './recorded-runs.ts';

const FLOWS = `
flows:
  plain:
    on: plain
    steps:
      - { id: build, run: [make, "{payload.version}", "{run}"] }
      - { id: push, run: [push, "{steps.build.output}", "{now}", "\${TOKEN}"] }
  shorter:
    on: shorter
    steps: [{ id: one, run: [one] }, { id: two, run: [two] }, { id: three, run: [three] }]
  longer: { on: longer, steps: [{ id: first, run: [first] }] }
  flaky:
    on: flaky
    steps:
      - { id: again, run: [again], retry: { attempts: 3 } }
      - { id: after, emit: recovered, data: "{steps.again.output}" }
  failing: { on: failing, steps: [{ id: bad, run: [bad], retry: { attempts: 2 } }] }
  saga:
    on: saga
    steps:
      - { id: reserve, run: [reserve], compensate: { run: [release, "{output}", "{happened}"] } }
      - { id: charge, run: [charge], compensate: { run: [refund, "{input.run}", "{output}"] } }
      - { id: bad, run: [ship] }
  gated: { on: gated, steps: [{ id: asked, run: [deploy], gate: { risk: high } }] }
  declined: { on: declined, steps: [{ id: asked, run: [deploy], gate: { risk: high } }] }
  free: { on: free, steps: [{ id: told, run: [tell] }] }
  fan:
    on: fan
    steps:
      - id: all
        each: "{payload.files}"
        do: [{ id: lint, run: [lint, "{item}"] }, { id: fix, run: [fix, "{item}"] }]
      - { id: sum, run: [sum, "{steps.all.output}"] }
  both: { on: both, parallel: [{ id: left, run: [left] }, { id: right, run: [right] }] }
  caller:
    on: caller
    steps:
      - { id: ask, call: callee, data: { who: "{payload.who}" } }
      - { id: end, run: [end, "{output}"] }
  callee: { on: callee, steps: [{ id: say, run: [say, "{payload.who}"] }] }
  leaver:
    on: leaver
    steps:
      - { id: leave, call: callee, detach: true, data: { who: x } }
      - { id: bye, run: [bye] }
  careful:
    on: careful
    steps: [{ id: bad, run: [bad] }]
    on_failure: [{ id: tidy, run: [tidy, "{error.message}"] }, { id: cry, run: [cry] }]
  chooser:
    on: chooser
    steps:
      - { id: first, if: "payload.n > 1", run: [first] }
      - if: "payload.n > 5"
        then: [{ id: big, run: [big] }]
        else: [{ id: small, run: [small] }]
  waiter:
    on: waiter
    steps:
      - { id: come, wait: { event: came, match: { who: "{payload.who}" }, timeout: 3h } }
      - { id: use, run: [use, "{output.data.x}"] }
  stays:
    on: stays
    steps:
      - { id: begin, run: [begin] }
      - { id: come, wait: { event: never, match: { who: "{payload.who}" }, timeout: 30d } }
  idle: { on: idle, steps: [{ id: nothing, if: "payload.n > 1", run: [nothing] }] }
  sleeper: { on: sleeper, steps: [{ id: rest, sleep: 1h }, { id: up, run: [up] }] }
  gone: { on: gone, steps: [{ id: it, run: [it] }] }
  picky: { on: { event: picky, where: "payload.n > 1" }, steps: [{ id: it, run: [it] }] }
  ignores:
    on: careless
    steps: [{ id: bad, run: [bad], on_error: continue }, { id: on, run: ["on"] }]
`;

const run: Answer = ({ flow, step, attempt }) => {
  if (step === 'again' && attempt === 1) throw new RetryableError('not yet');
  if (step === 'bad')
    throw flow === 'failing' ? new RetryableError('never') : new TerminalError('no');
  return `${step}-done`;
};

/** One event for each flow, and what became of it. */
async function recorded(): Promise<{ runs: RecordedRuns; seqs: Record<string, number> }> {
  const runs = await recordedRuns(FLOWS, { run });
  const data = { version: '1.2', files: ['a', 'b', 'c'], who: 'ada', n: 3 };
  const seqs: Record<string, number> = {};
  const types = [...FLOWS.matchAll(/on: (?:\{ event: )?(\w+)/g)].map(([, type = '']) => type);
  for (const type of types) seqs[type] = await runs.emit(type, type === 'idle' ? { n: 1 } : data);
  await runs.emit('came', { x: 7, who: 'ada' });
  await runs.test.advance('2h');
  await runs.decide('gated', 'approve');
  await runs.decide('declined', 'reject');
  await runs.test.advance('1h');
  return { runs, seqs };
}

/** The same flows, each with one change. */
const EDITS: readonly (readonly [string, string])[] = [
  ['[push, "{steps', '[push, --force, "{steps'],
  [', { id: two, run: [two] }', ''],
  [
    '{ id: first, run: [first] }]',
    '{ id: first, run: [first] }, { id: tell, http: { url: "https://x.test/hook" } }]',
  ],
  ['run: [again], retry: { attempts: 3 }', 'run: [again], retry: { attempts: 1 }'],
  ['retry: { attempts: 2 }', 'retry: { attempts: 4 }'],
  ['refund, "{input.run}"', 'refund, --all, "{input.run}"'],
  [
    'gated, steps: [{ id: asked, run: [deploy], gate: { risk: high } }',
    'gated, steps: [{ id: asked, run: [deploy] }',
  ],
  [
    'declined, steps: [{ id: asked, run: [deploy], gate',
    'declined, steps: [{ id: asked, run: [deploy, now], gate',
  ],
  ['run: [tell] }', 'run: [tell], gate: { risk: high } }'],
  ['[fix, "{item}"]', "[fix, \"${{ item == 'b' ? 'B' : item }}\"]"],
  ['{ id: right, run: [right] }]', '{ id: right, run: [right, more] }]'],
  ['run: [say, "{payload.who}"]', 'run: [say, hello, "{payload.who}"]'],
  ['run: [bye]', 'run: [bye, bye]'],
  [', { id: cry, run: [cry] }', ''],
  ['payload.n > 5', 'payload.n > 2'],
  ['run: [use, ', 'run: [use, it, '],
  ['if: "payload.n > 1", run: [nothing]', 'if: "payload.n > 0", run: [nothing]'],
  ['sleep: 1h', 'sleep: 2h'],
  [
    '  gone: { on: gone, steps: [{ id: it, run: [it] }] }\n',
    '  new: { on: plain, steps: [{ id: it, run: [it] }] }\n',
  ],
  ['where: "payload.n > 1"', 'where: "payload.n > 7"'],
  ['run: [bad], on_error: continue', 'run: [bad]'],
];

function edited(): string {
  return EDITS.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`no ${from}`);
    return text.replace(from, to);
  }, FLOWS);
}

/** How one definition goes on where the other does not. */
function told(doing: Doing | null): string {
  if (doing === null) return 'stops';
  const { step, does, input, problem } = doing;
  const words = isObject(input) && Array.isArray(input['run']) ? input['run'].join(' ') : does;
  return [step ?? 'end', words, problem].filter((part) => part !== null).join(' ');
}

function line({ flow, outcome, steps, open, difference, reason }: ReplayedRun): string {
  if (outcome === 'same') return `${flow} same ${steps}${open ? ' so far' : ''}`;
  if (difference === null) return `${flow} ${outcome}: ${reason}`;
  const { what, within, then, now } = difference;
  const where = within === '' ? '' : ` in ${within}`;
  return `${flow} ${steps} ${what}${where}: ${told(then)} / ${told(now)}`;
}

const SAME = [
  'plain same 2',
  'shorter same 3',
  'longer same 1',
  'flaky same 2',
  'failing same 1',
  'saga same 5',
  'gated same 1',
  'declined same 1',
  'free same 1',
  'fan same 8',
  'both same 3',
  'caller same 3',
  'callee same 1',
  'leaver same 3',
  'careful same 3',
  'chooser same 2',
  'waiter same 2',
  'stays same 2 so far',
  'idle same 0',
  'sleeper same 2',
  'gone same 1',
  'picky same 1',
  'ignores same 2',
];

const CHANGED = [
  'plain 1 input: push push build-done NOW KEY / push push --force build-done NOW KEY',
  'new differs: it did not listen: now it would start',
  'shorter 1 gone: two two / three three',
  'longer 1 added: end succeeded / tell http',
  'flaky 1 other: after emit / end failed not yet',
  'failing 1 record: end failed never / bad attempt 3',
  'saga 3 input: charge.undo refund charge DONE / charge.undo refund --all charge DONE',
  'gated 0 gate: asked deploy / asked deploy',
  'declined 0 input: asked deploy / asked deploy now',
  'free 0 gate: told tell / told tell',
  'fan 4 input in all[1]: fix fix b / fix fix B',
  'both 2 input in 1[1]: right right / right right more',
  'caller 1 input in ask > callee: say say ada / say say hello ada',
  'callee 0 input: say say ada / say say hello ada',
  'leaver 1 input in leave > callee: say say x / say say hello x',
  'careful 2 gone: cry cry / end failed no',
  'chooser 1 other: small small / big big',
  'waiter 1 input: use use 7 / use use it 7',
  'stays same 2 so far',
  'idle 0 other: end noop / nothing nothing',
  'sleeper 0 input: rest sleep / rest sleep',
  'gone differs: it started: no flow of that name in force listens to it',
  'picky differs: it started: now it would be filtered by payload.n > 7',
  'ignores 1 other: on on / end failed no',
];

describe('a replay with recorded effects', () => {
  test('of flows that have not changed is the same, and does nothing', async () => {
    const { runs, seqs } = await recorded();
    const { engine, effects } = runs.test;
    const before = { head: engine.store.head(), effects: effects.length };
    const lines: string[] = [];
    for (const seq of Object.values(seqs)) lines.push(line(await runs.one(seq)));
    expect(lines).toEqual(SAME);
    await runs.edit(edited());
    const changed: string[] = [];
    for (const seq of Object.values(seqs)) {
      const replay = await runs.replay(seq);
      changed.push(...replay.flows.map(line));
      expect(JSON.stringify(replay)).not.toContain('a-very-secret-token');
    }
    expect(
      changed.map((each) =>
        each
          .replaceAll(/2026-\S+Z/g, 'NOW')
          .replaceAll('[secret]', 'KEY')
          .replaceAll('charge-done', 'DONE'),
      ),
    ).toEqual(CHANGED);
    expect({ head: engine.store.head() - 1, effects: effects.length }).toEqual(before);
  });

  test('of an event that a pattern over time was shown says nothing of that', async () => {
    const on = '{ sequence: [deployed, probed], within: 1m }';
    const runs = await recordedRuns(
      `flows: { rollback: { on: ${on}, steps: [{ id: it, run: [it] }] } }`,
      { run },
    );
    const stray = await runs.emit('probed');
    const first = await runs.emit('deployed');
    await runs.emit('probed');
    const late = await runs.emit('deployed');
    await runs.test.advance('2m');
    for (const seq of [stray, first, late])
      expect(await runs.one(seq)).toMatchObject({ outcome: 'unknown', difference: null });
  });

  test('of an event whose payload was erased cannot be compared', async () => {
    const runs = await recordedRuns(FLOWS, { run });
    const seqs = [await runs.emit('plain', { version: '1.2' }), await runs.emit('picky', { n: 3 })];
    const { engine } = runs.test;
    for (const seq of seqs)
      await engine.care.erase(idOf(engine.store.identity, seq), { by: 'tests', reason: null });
    const lines = [];
    for (const seq of seqs) lines.push(line(await runs.one(seq)));
    const why = 'unknown: the payload of its event was erased';
    expect(lines).toEqual([`plain ${why}`, `picky ${why}`]);
    expect((await runs.replay(await runs.emit('longer', { erased: true }))).flows).toMatchObject([
      { flow: 'longer', outcome: 'same' },
    ]);
  });
});
