import { describe, expect, onTestFinished, test } from 'vitest';
import type { Repaired, RepairRequest } from '../../src/runs/repair.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import { TerminalError } from '../../src/std/errors.ts';
import type { Json } from '../../src/std/json.ts';

/** What each step of kind `run` does, by its id; `ok` where nothing is said. */
type Deeds = Readonly<Record<string, (call: { readonly attempt: number }) => unknown>>;
type Document = { readonly [key: string]: Json };

const broken = (): never => {
  throw new TerminalError('it broke');
};
/** Fails before anything was called. */
const NEVER = { run: ['never', '{payload.missing}'] };

/** A step that can be undone. */
function act(id: string, more: Document = {}): Document {
  return { id, run: [id], compensate: { run: ['undo', id] }, ...more };
}

async function opened(flows: Readonly<Record<string, Document>>, deeds: Deeds): Promise<Testbox> {
  const handlers = Object.entries(flows).filter(([, { on }]) => on === undefined);
  const started = Object.entries(flows).filter(([, { on }]) => on !== undefined);
  const box = await testbox({
    config: { flows: Object.fromEntries(started), handlers: Object.fromEntries(handlers) },
    answers: {
      run: (call: { readonly step: string; readonly attempt: number }) => {
        const deed = deeds[call.step];
        return (deed === undefined ? `${call.step} done` : deed(call)) as Json;
      },
    },
  });
  onTestFinished(() => box.stop());
  return box;
}

/** Runs a flow of these steps to its end. */
async function told(steps: readonly Document[], deeds: Deeds = {}): Promise<Testbox> {
  const box = await opened({ trip: { on: 'go', steps } }, deeds);
  await box.emit('go', { to: 'Rome' });
  await box.advance('1h');
  return box;
}

function done(box: Testbox): string[] {
  return box.effects.map(({ step }) => step);
}

async function theRun(
  box: Testbox,
  flow = 'trip',
): Promise<Awaited<ReturnType<Testbox['runs']>>[0]> {
  const run = (await box.runs(flow)).at(-1);
  if (run === undefined) throw new Error('there is no run');
  return run;
}

async function repair(box: Testbox, request: Partial<RepairRequest>): Promise<Repaired> {
  const { id } = await theRun(box);
  const seq = Number(id.slice(id.lastIndexOf('-') + 1));
  const asked = { by: 'ann', reason: null, ...request } as RepairRequest;
  const repaired = await box.engine.repair.apply(seq, asked);
  await box.advance('1h');
  return repaired;
}

async function expectSound(box: Testbox): Promise<void> {
  const { differences } = await checkRows(box.engine.store, () => {});
  expect(differences).toEqual([]);
}

describe('Compensation workflows for failures', () => {
  test('what was done is undone in reverse, told what it was given and gave', async () => {
    const undo = {
      run: ['undo', '{output.ref}', '{steps.a.output.ref}', '{happened}', '{input.run}'],
    };
    const box = await told(
      [act('a', { run: ['a', '{payload.to}'], compensate: undo }), act('b'), act('c'), NEVER],
      { a: () => ({ ref: 7 }) },
    );
    expect(done(box)).toEqual(['a', 'b', 'c', 'c.undo', 'b.undo', 'a.undo']);
    const run = await theRun(box);
    expect(run).toMatchObject({ state: 'compensated', reason: expect.stringContaining('missing') });
    expect(box.effects.at(-1)?.input).toEqual({ run: ['undo', 7, 7, true, ['a', 'Rome']] });
    expect(run.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'a succeeded',
      'b succeeded',
      'c succeeded',
      '4 failed',
      'c.undo succeeded',
      'b.undo succeeded',
      'a.undo succeeded',
    ]);
    const keys = run.steps.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const [event] = await box.events('run.compensated');
    expect(event?.data).toMatchObject({
      undone: ['c', 'b', 'a'],
      because: { step: '4', code: expect.any(String) as string },
    });
    expect(await box.events('run.failed')).toEqual([]);
    await expectSound(box);
  });

  test('what failed for certain is not undone, what may have happened is', async () => {
    const sure = await told([act('a'), act('b', NEVER)]);
    expect(done(sure)).toEqual(['a', 'a.undo']);
    const doubtful = await told(
      [act('a'), act('b', { compensate: { run: ['undo', '{happened}', '{output}'] } })],
      { b: broken },
    );
    expect(done(doubtful)).toEqual(['a', 'b', 'b.undo', 'a.undo']);
    expect(doubtful.effects[2]?.input).toEqual({ run: ['undo', 'unknown', null] });
    expect(await theRun(doubtful)).toMatchObject({ state: 'compensated' });
  });

  test('a run without anything to undo fails as ever', async () => {
    const box = await told([act('a', NEVER)]);
    expect(await theRun(box)).toMatchObject({ state: 'failed' });
  });

  test('a run that is cancelled is stopped and undone', async () => {
    const box = await opened({ trip: { on: 'go', steps: [act('a'), { sleep: '1d' }] } }, {});
    await box.emit('go');
    expect(await repair(box, { verb: 'cancel', reason: 'wrong town' })).toMatchObject({
      kind: 'done',
      row: { state: 'waiting' },
    });
    expect(done(box)).toEqual(['a', 'a.undo']);
    expect(await theRun(box)).toMatchObject({
      state: 'compensated',
      reason: 'by ann: wrong town',
    });
    expect(await repair(box, { verb: 'cancel' })).toMatchObject({ code: 'run.ended' });
    expect(await repair(box, { verb: 'retry' })).toMatchObject({ code: 'run.compensated' });
    await expectSound(box);
  });

  test('a run that is killed undoes nothing and says so, until it is retried', async () => {
    const box = await opened({ trip: { on: 'go', steps: [act('a'), { sleep: '1d' }] } }, {});
    await box.emit('go');
    await repair(box, { verb: 'kill', reason: 'fire' });
    expect(done(box)).toEqual(['a']);
    const said = { state: 'cancelled', reason: 'by ann: fire; not undone: a' };
    expect(await theRun(box)).toMatchObject(said);
    expect((await box.events('run.cancelled')).map(({ data }) => data)).toMatchObject([
      { by: 'ann', left: ['a'] },
    ]);
    await expectSound(box);
    await repair(box, { verb: 'retry' });
    await repair(box, { verb: 'cancel' });
    expect(done(box)).toEqual(['a', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('a run that is killed while it is undone goes on with it where it is retried', async () => {
    let isDown = true;
    const deeds = {
      'b.undo': () => {
        if (isDown) throw new Error('the target is down');
      },
    };
    const steps = [act('a'), act('b'), NEVER];
    const box = await opened({ trip: { on: 'go', steps } }, deeds);
    await box.emit('go', {});
    expect(await theRun(box)).toMatchObject({ state: 'compensating' });
    expect(await repair(box, { verb: 'kill' })).toMatchObject({ kind: 'done' });
    const said = { state: 'cancelled', reason: 'by ann; not undone: a, b' };
    expect(await theRun(box)).toMatchObject(said);
    await expectSound(box);
    isDown = false;
    await repair(box, { verb: 'retry' });
    expect(done(box).slice(-2)).toEqual(['b.undo', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('an undo whose condition does not hold is passed over', async () => {
    const undo = { run: ['undo'], if: 'happened == true' };
    const box = await told([act('a'), act('b', { compensate: undo })], { b: broken });
    expect(done(box)).toEqual(['a', 'b', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
  });

  test('what "on_failure" does comes first', async () => {
    const flow = {
      on: 'go',
      steps: [act('a'), NEVER],
      on_failure: [{ id: 'tell', run: ['tell'] }],
    };
    const box = await opened({ trip: flow }, {});
    await box.emit('go', {});
    await box.advance('1h');
    expect(done(box)).toEqual(['a', 'tell', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
  });
});

describe('an undo that fails', () => {
  const STUCK: Deeds = { 'b.undo': broken };

  test('stops no other, and then the run is stuck: never called compensated', async () => {
    const box = await told([act('a'), act('b'), act('c'), NEVER], STUCK);
    expect(done(box)).toEqual(['a', 'b', 'c', 'c.undo', 'b.undo', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensation_stuck', reason: 'it broke' });
    const [event] = await box.events('run.stuck');
    expect(event?.data).toMatchObject({
      step: 'b',
      error: { message: 'it broke' },
      stuck: [{ step: 'b', message: 'it broke' }],
      undone: ['c', 'a'],
    });
    expect(await box.engine.store.letters({ limit: 9 })).toMatchObject([
      { kind: 'run', step: 'b', state: 'open' },
    ]);
    await expectSound(box);
  });

  test('is tried again by its own policy, with the same key', async () => {
    const undo = { run: ['undo'], retry: { attempts: 4, delay: '1s' } };
    const deeds: Deeds = {
      'a.undo': ({ attempt }) => {
        if (attempt < 4) throw new Error('not yet');
        return 'at last';
      },
    };
    const box = await told([act('a', { compensate: undo }), NEVER], deeds);
    expect(done(box)).toEqual(['a', 'a.undo', 'a.undo', 'a.undo', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
  });

  test('is tried again by a person, and then all is undone', async () => {
    let mended = false;
    const box = await told([act('a'), act('b'), NEVER], {
      'a.undo': () => (mended ? 'ok' : broken()),
      'b.undo': () => (mended ? 'ok' : broken()),
    });
    expect(await theRun(box)).toMatchObject({ state: 'compensation_stuck' });
    expect(await repair(box, { verb: 'retry', from: 'c' })).toMatchObject({ code: 'step.absent' });
    mended = true;
    expect(await repair(box, { verb: 'retry', from: 'b' })).toMatchObject({ kind: 'done' });
    expect(await theRun(box)).toMatchObject({ state: 'compensation_stuck' });
    await repair(box, { verb: 'retry' });
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    expect(await box.engine.store.letters({ limit: 9, state: 'open' })).toEqual([]);
    await expectSound(box);
  });

  test('is passed over by a person, or done by hand, and named so', async () => {
    const box = await told([act('a'), act('b'), NEVER], { 'a.undo': broken, 'b.undo': broken });
    await repair(box, { verb: 'skip', step: 'b', reason: 'no such booking' });
    expect(await theRun(box)).toMatchObject({ state: 'compensation_stuck' });
    await repair(box, { verb: 'set', step: 'a.undo', output: 'by phone' });
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    const [event] = await box.events('run.compensated');
    expect(event?.data).toMatchObject({ skipped: ['a', 'b'], undone: [] });
    expect(await box.engine.store.letters({ limit: 9, state: 'open' })).toEqual([]);
    await expectSound(box);
  });
});

describe('a pivot', () => {
  test('that has succeeded leaves nothing to undo: the run can only go on', async () => {
    const box = await told([act('a'), { id: 'pay', run: ['pay'], pivot: true }, NEVER]);
    expect(done(box)).toEqual(['a', 'pay']);
    expect(await theRun(box)).toMatchObject({ state: 'failed' });
  });

  test('that failed for certain lets what comes before it be undone', async () => {
    const box = await told([act('a'), { id: 'pay', pivot: true, ...NEVER }]);
    expect(done(box)).toEqual(['a', 'a.undo']);
  });

  test('that may have succeeded asks a person', async () => {
    const pay = { id: 'pay', run: ['pay'], pivot: true };
    const box = await told([act('a'), pay, { id: 'send', run: ['send'] }], { pay: broken });
    expect(done(box)).toEqual(['a', 'pay']);
    expect(await theRun(box)).toMatchObject({ state: 'waiting', due: null });
    await repair(box, { verb: 'set', step: 'pay', output: 'paid' });
    expect(done(box)).toEqual(['a', 'pay', 'send']);
    expect(await theRun(box)).toMatchObject({ state: 'succeeded' });
  });
});

describe('what others did for a run', () => {
  test('branches are undone together, each in its own reverse order', async () => {
    const box = await told([
      act('a'),
      { id: 'group', each: [1, 2], do: [act('b'), act('c')], concurrency: 2 },
      act('d'),
      NEVER,
    ]);
    expect(done(box).slice(6)).toEqual([
      'd.undo',
      'c.undo',
      'c.undo',
      'b.undo',
      'b.undo',
      'a.undo',
    ]);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('a branch that fails has the others undone, and itself as far as it came', async () => {
    const box = await told([
      { id: 'group', parallel: [act('b'), { if: 'true', then: [act('c'), NEVER] }] },
    ]);
    expect(done(box).toSorted()).toEqual(['b', 'b.undo', 'c', 'c.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('a called run undoes its own, and is called compensated', async () => {
    const flows = {
      trip: { on: 'go', steps: [act('a'), { id: 'sub', call: 'other' }, act('b'), NEVER] },
      other: { steps: [act('x'), act('y')] },
    };
    const box = await opened(flows, {});
    await box.emit('go', {});
    await box.advance('1h');
    expect(done(box)).toEqual(['a', 'x', 'y', 'b', 'b.undo', 'y.undo', 'x.undo', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    expect(await theRun(box, 'other')).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('a called run that is stuck leaves its caller stuck, until both are mended', async () => {
    let mended = false;
    const flows = {
      trip: { on: 'go', steps: [act('a'), { id: 'sub', call: 'other' }, NEVER] },
      other: { steps: [act('x')] },
    };
    const box = await opened(flows, { 'x.undo': () => (mended ? 'ok' : broken()) });
    await box.emit('go', {});
    await box.advance('1h');
    expect(done(box)).toEqual(['a', 'x', 'x.undo', 'a.undo']);
    expect(await theRun(box)).toMatchObject({ state: 'compensation_stuck' });
    expect(await theRun(box, 'other')).toMatchObject({ state: 'compensation_stuck' });
    expect(await box.engine.store.letters({ limit: 9, state: 'open' })).toHaveLength(2);
    mended = true;
    await repair(box, { verb: 'retry', from: 'sub' });
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    expect(await box.engine.store.letters({ limit: 9, state: 'open' })).toEqual([]);
    expect(await theRun(box, 'other')).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });

  test('a run that is cancelled at its branches has them stopped and undone', async () => {
    const flow = {
      on: 'go',
      steps: [
        act('a'),
        { id: 'g', parallel: [act('b'), { if: 'true', then: [act('c'), { sleep: '1d' }] }] },
      ],
    };
    const box = await opened({ trip: flow }, {});
    await box.emit('go', {});
    await repair(box, { verb: 'cancel' });
    expect(done(box).slice(3).toSorted()).toEqual(['a.undo', 'b.undo', 'c.undo']);
    expect(done(box).at(-1)).toBe('a.undo');
    expect(await theRun(box)).toMatchObject({ state: 'compensated' });
    await expectSound(box);
  });
});
