import { describe, expect, test } from 'vitest';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { Store } from '../../src/store/contract.ts';
import { flowOf, stepOf } from './pieces.ts';
import { done, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

describe('what a step emits', () => {
  const emits = [
    { type: 'built', subject: 'app', data: { n: 1 } },
    { type: 'tested', data: null },
  ];
  const flow = flowOf(stepOf(), stepOf({ id: 'send' }));

  test('is recorded in one unit with its completion', async () => {
    const { act } = scripted({ kind: 'done', output: 'ok', emits }, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    const records = await shop.store.read({ after: id, limit: 10 });
    expect(records).toMatchObject([
      { type: 'built', source: 'flow:deploy', subject: 'app', data: '{"n":1}', stream: null },
      { type: 'tested', source: 'flow:deploy', subject: null, data: 'null', stream: null },
      { type: 'step.completed', stream: id, prev: id },
      { type: 'run.succeeded', stream: id, prev: id + 3 },
    ]);
    for (const record of records) {
      expect(record).toMatchObject({
        causation: id,
        correlation: 'root',
        hops: 1,
        attributes: null,
      });
    }
  });

  test('is not recorded where the run is no longer ours', async () => {
    const shop = await Workshop.open({
      flow,
      act: async ({ run }) => {
        await takeOver(shop.store, Number(run.split('-').at(-1)));
        return { kind: 'done', output: 'late', emits };
      },
    });
    const id = await shop.begin();
    await shop.until(() => shop.lines.some(({ level }) => level === 'warn'));
    expect(shop.lines.at(-1)).toMatchObject({
      message: 'a late result was not recorded',
      fields: { because: 'stale' },
    });
    expect(await shop.types(id)).toEqual(['step.started']);
    expect(await shop.store.read({ after: id, limit: 10, type: 'built' })).toEqual([]);
  });

  test('goes on untrusted where the event was', async () => {
    const { act } = scripted({ kind: 'done', output: 'ok', emits }, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{}', '{"trust":"untrusted","actor":"someone"}');
    await shop.reaches(id, 'succeeded');
    const [built] = await shop.store.read({ after: id, limit: 10, type: 'built' });
    expect(built?.attributes).toBe('{"trust":"untrusted"}');
  });

  test.each<readonly [string, object, string]>([
    ['is of our own types', { type: 'run.started', data: 1 }, 'may not be "run.started"'],
    ['is no JSON', { type: 'built', data: undefined }, 'its data is no JSON'],
    ['is beyond JSON', { type: 'built', data: 1n }, 'its data is no JSON'],
    ['is too large', { type: 'built', data: 'x'.repeat(1_048_576) }, 'has 1048578 characters'],
    [
      'names half a character',
      { type: 'built', subject: '\ud800', data: 1 },
      'half of a character',
    ],
  ])('fails the step where it %s', async (_, emission, reason) => {
    const result = { kind: 'done', output: 'ok', emits: [emits[0], emission] } as StepResult;
    const { act } = scripted(result);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toContain(reason);
    expect(await shop.store.read({ after: id, limit: 10, type: 'built' })).toEqual([]);
  });
});

/** What another session would do to the run. */
async function takeOver(store: Store, id: number): Promise<void> {
  const row = await store.run(id);
  if (row === undefined) throw new Error(`there is no run ${id}`);
  const { version, epoch } = row;
  const record = {
    type: 'step.started',
    version: 1,
    source: null,
    id: null,
    subject: null,
    received: row.started,
    correlation: null,
    causation: null,
    hops: 0,
    attributes: null,
    data: '{"at":"0","step":"build","attempt":2,"epoch":9,"crashes":0}',
  };
  const expected = { expectedVersion: version, expectedEpoch: epoch };
  const taken = { ...row, epoch: 9 };
  await store.append({ writes: [{ kind: 'advance', run: id, ...expected, record, row: taken }] });
}
