import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { makeFolder, type RunningDaemon, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

/** Daemons that may die on one step before its run is set aside. */
const CRASHES_MAX = 3;
/** Kills its parent, which is the daemon. */
const POISON = { id: 'kill', run: ['sh', '-c', 'kill -9 $PPID'] };

/** Its steps are not isolated: else they could not even kill their daemon. */
function folderWith(flows: object): string {
  const security = { isolation: 'off' };
  return makeFolder({ 'signalbox.yaml': JSON.stringify({ flows, security }) });
}

interface Stay {
  readonly daemon: RunningDaemon;
  readonly client: ApiClient;
  /** How many died before it. */
  readonly deaths: number;
}

/** Starts one daemon after the other until one lives to see that nothing is left to do. */
async function startUntilOneStays(folder: string, deathsMax: number): Promise<Stay> {
  for (let deaths = 0; deaths <= deathsMax; deaths++) {
    // One may die before it is ready: it takes up what others left at once.
    const daemon = await startDaemon(folder).catch(() => undefined);
    if (daemon === undefined) continue;
    const client = new ApiClient(daemon.ready);
    const stays = client.quiet().then(
      () => true,
      () => false,
    );
    if (await stays) return { daemon, client, deaths };
  }
  throw new Error(`${deathsMax + 1} daemons died`);
}

/** Emits to a daemon that is about to die of it. */
async function emitAndSeeItDie(folder: string, types: readonly string[]): Promise<void> {
  const { child, ready } = await startDaemon(folder);
  const exit = once(child, 'exit');
  const client = new ApiClient(ready);
  await Promise.all(types.map((type, n) => client.post({ type, data: { n } }).catch(() => {})));
  expect(await exit).toEqual([null, 'SIGKILL']);
}

const repeat = (type: string, count: number): string[] => Array.from({ length: count }, () => type);

/** F12 of the fault matrix. */
describe('a step that kills its daemon', () => {
  test('is set aside after three of them, and everything else is done', async () => {
    const folder = folderWith({
      poison: { on: 'poison.taken', steps: [POISON] },
      good: { on: 'good.asked', steps: [{ id: 'echo', run: ['echo', 'fine'] }] },
    });
    const others = repeat('good.asked', 10);
    await emitAndSeeItDie(folder, [...others, 'poison.taken', ...others]);

    const { client, daemon, deaths } = await startUntilOneStays(folder, CRASHES_MAX);
    expect(deaths + 1).toBe(CRASHES_MAX);
    const runs = await client.runs();
    const aside = runs.filter(({ state }) => state !== 'succeeded');
    expect(aside).toMatchObject([
      { flow: 'poison', state: 'failed', steps: [{ error: { code: 'run.quarantined' } }] },
    ]);
    expect(aside[0]?.reason).toContain('The daemon died 3 times while step "kill" was under way');

    const { items } = await client.get<{ readonly items: readonly object[] }>('/dead-letters');
    expect(items).toMatchObject([
      { kind: 'run', state: 'open', run: aside[0]?.id, error: { code: 'run.quarantined' } },
    ]);

    const after = await client.emit({ type: 'good.asked', data: {} });
    await client.quiet();
    expect(await client.event(String(after?.seq))).toMatchObject({
      disposition: [{ flow: 'good', outcome: 'started' }],
    });
    expect(await daemon.end()).toBe(0);
    await expectSoundLog(folder);
  });

  test('takes no slow neighbours with it, not even beside a second one', async () => {
    const slow = { id: 'slow', run: ['sleep', '0.2'] };
    const folder = folderWith({
      poison: { on: 'poison.taken', steps: [POISON] },
      good: { on: 'good.asked', steps: [slow, { ...slow, id: 'slower' }] },
    });
    await emitAndSeeItDie(folder, [...repeat('good.asked', 6), 'poison.taken', 'poison.taken']);

    const { client, daemon, deaths } = await startUntilOneStays(folder, 2 * CRASHES_MAX);
    const runs = await client.runs();
    const ends = runs.map(({ flow, state }) => `${flow} ${state}`);
    expect(ends.filter((end) => end !== 'good succeeded')).toEqual(repeat('poison failed', 2));
    expect(deaths + 1).toBeLessThanOrEqual(2 * CRASHES_MAX);
    expect(await daemon.end()).toBe(0);
  });
});
