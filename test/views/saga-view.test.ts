import { expect, onTestFinished, test } from 'vitest';
import { testbox, type Testbox } from '../../src/signalbox/testing/testbox.ts';
import { previewSaga, type SagaPreview } from '../../src/views/saga-view.ts';

const act = (id: string): object => ({ id, run: [id], compensate: { run: ['undo', id] } });

async function opened(steps: readonly object[]): Promise<Testbox> {
  const box = await testbox({
    config: {
      flows: { trip: { on: 'go', steps } },
      handlers: { other: { steps: [act('x')] } },
    } as never,
    answers: { run: 'ok' },
  });
  onTestFinished(() => box.stop());
  await box.emit('go', {});
  return box;
}

async function preview(box: Testbox, flow: string): Promise<SagaPreview> {
  const [run] = await box.runs(flow);
  return previewSaga(box.engine, run?.id ?? '');
}

test('what a run did would be undone in reverse, and with it what it called', async () => {
  const box = await opened([act('a'), { id: 'sub', call: 'other' }, { sleep: '1d' }]);
  const { undo } = await preview(box, 'trip');
  expect(undo.map(({ step }) => step)).toEqual(['sub', 'a']);
  expect(undo[0]?.together.map(({ undo: own }) => own[0]?.step)).toEqual(['x']);
  expect((await preview(box, 'other')).undo).toMatchObject([{ step: 'x', happened: true }]);
});

test('nobody would undo what a run did that was called to go on alone', async () => {
  const box = await opened([act('a'), { call: 'other', detach: true }, { sleep: '1d' }]);
  const { state, undo, left } = await preview(box, 'other');
  expect({ state, undo }).toEqual({ state: 'succeeded', undo: [] });
  expect(left).toEqual([{ step: 'x', why: 'the run is succeeded: what it did stays done' }]);
});
