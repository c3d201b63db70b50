import { describe, expect, it } from 'vitest';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import type { Json } from '../../src/std/json.ts';

async function boxWith(...steps: readonly Json[]): Promise<Testbox> {
  return testbox({ config: { flows: { release: { on: 'released', steps } } } });
}

const approval = { event: 'approved', match: { pr: '{payload.pr}' } };

describe('a wait for an event', () => {
  it('ends with the event that has its values, and gives it', async () => {
    const test = await boxWith(
      { id: 'approval', wait: approval },
      { emit: 'shipped', data: { by: '{steps.approval.output.data.by}' } },
    );
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 8, by: 'nobody' });
    await test.advance('3d');
    expect(await test.events('shipped')).toEqual([]);

    await test.emit('approved', { pr: '7', by: 'kim' });

    expect(await test.events('shipped')).toMatchObject([{ data: { by: 'kim' } }]);
    expect(await test.runs()).toMatchObject([{ state: 'succeeded' }]);
    await test.stop();
  });

  it('takes an event that came after its run began and before the wait', async () => {
    const test = await boxWith({ sleep: '1h' }, { id: 'approval', wait: approval });
    await test.emit('approved', { pr: 7, by: 'too early' });
    await test.emit('released', { pr: 7 });
    await test.emit('approved', { pr: 7, by: 'kim' });
    await test.advance('1h');
    expect(await test.runs()).toMatchObject([
      { state: 'succeeded', steps: [{}, { output: { data: { by: 'kim' } } }] },
    ]);
    await test.stop();
  });

  it('fails when its time is over', async () => {
    const test = await boxWith({ id: 'approval', wait: { ...approval, timeout: '4h' } });
    await test.emit('released', { pr: 7 });
    await test.advance('3h');
    expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
    await test.advance('1h');
    expect(await test.runs()).toMatchObject([
      { state: 'failed', steps: [{ error: { code: 'wait.timed_out' } }] },
    ]);
    await test.stop();
  });

  it('takes an event once in a run', async () => {
    const test = await boxWith(
      { id: 'first', wait: approval },
      { id: 'second', wait: approval },
      {
        parallel: [
          { id: 'third', wait: approval },
          { id: 'fourth', wait: approval },
        ],
      },
    );
    await test.emit('released', { pr: 7 });
    for (const by of ['a', 'b', 'c', 'd']) {
      expect(await test.runs()).toMatchObject([{ state: 'waiting' }]);
      await test.emit('approved', { pr: 7, by });
    }
    const [run] = await test.runs();
    expect(run).toMatchObject({ state: 'succeeded' });
    await test.stop();
  });
});
