import { describe, expect, test } from 'vitest';
import type { Document } from '../../src/flows/code/document.ts';
import { testbox, type Testbox } from '../../src/testing.ts';

const ACT = { id: 'act', run: ['act'], retry: { attempts: 1 } };
const CONFIG = {
  flows: {
    fragile: {
      on: 'go',
      steps: [{ emit: 'began' }, ACT],
    },
    calm: { on: 'calm', autonomy: 1, steps: [{ emit: 'calmed' }] },
  },
};

let broken = true;

async function open(config: Document = CONFIG): Promise<Testbox> {
  broken = true;
  const run = (): null => {
    if (broken) throw new Error('the target is down');
    return null;
  };
  return testbox({ config, answers: { run } });
}

const levels = async ({ engine }: Testbox): Promise<string[]> =>
  (await engine.autonomy.view()).flows.map(({ flow, level, from }) => `${flow} ${level} ${from}`);

describe('seed 000: Graceful Degradation: Fall back to interactive when needed', () => {
  test('after two failures by itself a flow asks, and status says why', async () => {
    const box = await open();
    await box.emit('go');
    expect(await levels(box)).toEqual(['fragile 2 default', 'calm 1 written']);
    await box.emit('go');
    expect(await levels(box)).toEqual(['fragile 1 failures', 'calm 1 written']);
    const [suspended] = await box.events('automation.suspended');
    expect(suspended?.data).toMatchObject({
      flow: 'fragile',
      failures: 2,
      step: 'act',
      done: ['1'],
    });
    const { state, degraded } = box.engine.status();
    expect(state).toBe('degraded');
    expect(degraded[0]?.part).toBe('flow fragile');
    expect(degraded[0]?.reason).toMatch(/^the last 2 runs of it failed, so it asks until one succ/);
    await box.stop();
  });

  test('a success between two failures begins the count anew', async () => {
    const box = await open();
    await box.emit('go');
    broken = false;
    await box.emit('go');
    broken = true;
    await box.emit('go');
    expect(box.engine.status().state).toBe('running');
    await box.stop();
  });

  test('a failure of what a person has tried again is not one by itself', async () => {
    const box = await open();
    await box.emit('go');
    const [run] = await box.engine.store.runs({ limit: 1 });
    await box.engine.repair.retry(run?.id ?? 0, { by: 'anna', reason: null });
    await box.advance('1h');
    expect(await box.events('run.failed')).toHaveLength(2);
    expect(await levels(box)).toEqual(['fragile 2 default', 'calm 1 written']);
    await box.stop();
  });

  test('nor is one of a run whose time was over while it waited for a person', async () => {
    const gate = { risk: 'low', expires: '2h', on_expire: 'fail' };
    const asking = { on: 'go', steps: [{ id: 'act', run: ['act'], gate }] };
    const late = { ...asking, timeout: '1h', on_failure: [{ emit: 'noted' }] };
    const fork = { id: 'all', parallel: [{ id: 'act', run: ['act'], gate }, { emit: 'beside' }] };
    const forked = { on: 'go', steps: [fork] };
    const box = await open({ flows: { asking, late, forked } });
    for (let n = 0; n < 3; n++) await box.emit('go');
    await box.advance('3h');
    const failed = (await box.events('run.failed')).map(({ data }) => {
      return (data as { readonly error: { readonly code: string } }).error.code;
    });
    expect(new Set(failed)).toEqual(new Set(['run.timeout', 'gate.expired', 'branch.failed']));
    expect(await levels(box)).toEqual(['asking 2 default', 'late 2 default', 'forked 2 default']);
    await box.stop();
  });

  test('a failure that is undone counts as well, what a person has ended does not', async () => {
    const undone = { id: 'do', emit: 'done', compensate: { emit: 'undone' } };
    const steps = [undone, { sleep: '1h' }, ACT];
    const box = await open({ flows: { saga: { on: 'go', steps } } });
    for (let n = 0; n < 3; n++) await box.emit('go');
    for (const { id } of await box.engine.store.runs({ limit: 3 }))
      await box.engine.repair.cancel(id, { by: 'anna', reason: null });
    await box.advance('2h');
    expect(await levels(box)).toEqual(['saga 2 default']);
    for (let n = 0; n < 2; n++) await box.emit('go');
    await box.advance('2h');
    expect(await levels(box)).toEqual(['saga 1 failures']);
    const [suspended] = await box.events('automation.suspended');
    expect(suspended?.data).toMatchObject({ step: 'act', failures: 2 });
    await box.stop();
  });

  test('a person who sets the level of the flow ends its asking', async () => {
    const box = await open();
    await box.emit('go');
    await box.emit('go');
    const { autonomy } = box.engine;
    expect(await autonomy.raises({ level: 2, flow: 'fragile' })).toBe(true);
    expect(await autonomy.set({ level: 2, flow: 'fragile', by: 'anna' })).toBe(true);
    expect(await levels(box)).toEqual(['fragile 2 set', 'calm 1 written']);
    expect(await box.events('automation.resumed')).toHaveLength(1);
    const asked = await box.engine.store.entities({ kind: 'proposal', open: true, limit: 10 });
    expect(asked).toEqual([]);
    expect(await box.events('proposal.withdrawn')).toHaveLength(1);
    await box.stop();
  });

  test('fall_back_after says how many failures it takes, and 0 that none do', async () => {
    const box = await open({ ...CONFIG, gates: { fall_back_after: 0 } });
    for (let n = 0; n < 3; n++) await box.emit('go');
    expect(box.engine.status().state).toBe('running');
    await box.stop();
    const quick = await open({ ...CONFIG, gates: { fall_back_after: 1 } });
    await quick.emit('go');
    expect(await levels(quick)).toContain('fragile 1 failures');
    await quick.stop();
  });
});

describe('seed 000: Human Override: Always maintain manual control option', () => {
  test('a level is set at once and recorded with who did it, and taken back', async () => {
    const box = await open();
    const { autonomy } = box.engine;
    expect(await autonomy.set({ level: 0, by: 'anna#1', reason: 'look first' })).toBe(true);
    expect(await levels(box)).toEqual(['fragile 0 set', 'calm 0 set']);
    expect(await autonomy.set({ level: 0, by: 'anna#1' })).toBe(false);
    expect(await autonomy.raises({ level: 3 })).toBe(true);
    expect(await autonomy.raises({ level: undefined })).toBe(true);
    expect(await autonomy.raises({ level: 0, flow: 'calm' })).toBe(false);
    expect(await autonomy.set({ level: undefined, by: 'anna#1' })).toBe(true);
    expect(await levels(box)).toEqual(['fragile 2 default', 'calm 1 written']);
    expect((await box.events('autonomy.changed')).map(({ data }) => data)).toEqual([
      { flow: null, level: 0, was: null, by: 'anna#1', reason: 'look first' },
      { flow: null, level: null, was: 0, by: 'anna#1', reason: null },
    ]);
    await box.stop();
  });

  test('a flow that is not there, and a reason that no log keeps, are refused', async () => {
    const box = await open();
    const { autonomy } = box.engine;
    await expect(autonomy.set({ level: 1, flow: 'fragle', by: 'x' })).rejects.toMatchObject({
      code: 'flow.unknown',
    });
    await expect(autonomy.set({ level: 1, by: 'x', reason: '\u0000' })).rejects.toMatchObject({
      code: 'autonomy.invalid',
    });
    await box.stop();
  });
});

describe('seed 000: Hybrid Operation: Some workflows automated, others remain interactive', () => {
  test('levels stand side by side, the lower of pinned and current counts', async () => {
    const box = await open({ ...CONFIG, autonomy: 3 });
    expect(await levels(box)).toEqual(['fragile 3 written', 'calm 1 written']);
    const { autonomy } = box.engine;
    expect(await autonomy.levelOf({ name: 'fragile', autonomy: 0 })).toEqual({
      level: 0,
      from: 'written',
    });
    expect(await autonomy.set({ level: 2, flow: 'calm', by: 'owner' })).toBe(true);
    expect(await levels(box)).toEqual(['fragile 3 written', 'calm 2 set']);
    expect(await autonomy.raises({ level: 1, flow: 'fragile' })).toBe(false);
    await box.stop();
  });
});
