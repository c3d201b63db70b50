import { describe, expect, test } from 'vitest';
import { HOPS_MAX } from '../../src/routing/match.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { catalogOf, listens, Station, when } from './station.ts';

const broken = when('broken', () => {
  throw new Error('no value');
});
const FLOWS = [
  listens('picky', { pattern: { event: 'pulled' }, where: broken }),
  listens('build', 'pushed'),
];
const error = { code: 'x.failed', message: 'It broke.', happened: 'no' } as const;

/** A station whose flows of these names fail, with whatever they have seen. */
async function open(hash: string, fails: readonly string[], ...flows: typeof FLOWS) {
  const seen: string[] = [];
  const act = async ({ flow, event }: StepContext): Promise<StepResult> => {
    seen.push(`${flow} ${event.type}`);
    return fails.includes(flow) ? { kind: 'fail', error } : { kind: 'done', output: null };
  };
  const station = await Station.open({ act });
  await station.activate(catalogOf(hash, ...FLOWS, ...flows));
  await station.start();
  return { station, seen };
}

async function expectSound(station: Station): Promise<void> {
  await station.routed();
  await station.router.stop();
  expect((await station.audit()).firstBad).toBeNull();
  expect((await checkRows(station.store, () => {})).differences).toEqual([]);
}

describe('a dead-letter flow', () => {
  test('answers runs that failed, and events that no flow could take', async () => {
    const note = listens('note', 'run.failed', 'event.dead_lettered');
    const { station, seen } = await open('answers', ['build'], note);
    await station.emit('pushed');
    await station.routed();
    await station.emit('pulled');
    await station.routed();
    expect(seen).toEqual(['build pushed', 'note run.failed', 'note event.dead_lettered']);
    const letters = await station.store.letters({ limit: 10 });
    expect(letters.map(({ kind, flow }) => `${kind} ${flow}`)).toEqual([
      'event picky',
      'run build',
    ]);
    await expectSound(station);
  });

  test('that fails itself comes to an end', async () => {
    const note = listens('note', 'run.failed', 'event.dead_lettered');
    const { station, seen } = await open('fails', ['build', 'note'], note);
    await station.emit('pushed');
    await station.routed();
    // The first is two links down the chain, and each makes it one longer.
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.length).toBeLessThanOrEqual(HOPS_MAX + 1);
    const [last] = await station.store.letters({ limit: 1 });
    expect(last).toMatchObject({ kind: 'event', flow: 'note', code: 'chain.too_long' });
    await expectSound(station);
  });

  test('that fails comes to an end beside others that answer its failures', async () => {
    const flows = [
      listens('one', 'run.failed'),
      listens('two', { pattern: { event: 'event.dead_lettered' }, where: broken }),
      listens('three', 'event.dead_lettered'),
    ];
    const { station, seen } = await open('ring', ['build', 'one', 'three'], ...flows);
    await station.emit('pushed');
    await station.emit('pulled');
    await station.routed();
    expect(seen.filter((each) => each.startsWith('one')).length).toBeLessThanOrEqual(3 * HOPS_MAX);
    await expectSound(station);
  });
});
