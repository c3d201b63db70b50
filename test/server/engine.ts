import type { Catalog } from '../../src/flows/catalog.ts';
import { DEFAULT_RETRY, type Flow, type Step } from '../../src/flows/flow.ts';
import { Doorkeeper } from '../../src/routing/admission.ts';
import { Catalogs } from '../../src/routing/catalogs.ts';
import { LogFollower } from '../../src/routing/follower.ts';
import { Router } from '../../src/routing/router.ts';
import { Runner } from '../../src/runs/runner.ts';
import type { StepKind } from '../../src/runs/step-kind.ts';
import type { Signalbox } from '../../src/signalbox.ts';
import { SystemClock } from '../../src/std/clock.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { seededRandom } from '../../src/std/random.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { loadDriver } from '../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { z } from 'zod';

/** Gives its input back, or fails for good where the input says so. */
const echo: StepKind = {
  shape: {
    kind: 'echo',
    keys: [],
    schema: z.record(z.string(), z.unknown()),
    effect: 'idempotent',
    timeoutMs: 5_000,
  },
  async execute({ input }) {
    if (input !== 'fail') return { kind: 'done', output: input };
    const error = { code: 'echo.failed', message: 'It was told to fail.', happened: 'no' } as const;
    return { kind: 'fail', error };
  },
};

export function flowOf(name: string, event: string, inputs: string[], where?: string): Flow {
  const condition = where === undefined ? undefined : { text: where, test: () => where === 'true' };
  const steps = inputs.map((input, index): Step => ({
    id: `s${index + 1}`,
    kind: 'echo',
    input,
    retry: DEFAULT_RETRY,
    timeoutMs: 5_000,
    effect: 'idempotent',
  }));
  return { name, triggers: [{ pattern: { event }, where: condition }], steps };
}

export async function openEngine(flows: readonly Flow[]): Promise<Signalbox> {
  const clock = new SystemClock();
  const store = await openSqliteStore({ path: ':memory:', driver: await loadDriver(), clock });
  const time = new EngineTime(clock, 0);
  const door = new Doorkeeper(store, time);
  const catalog: Catalog = {
    hash: 'h1',
    files: [],
    flows: new Map(flows.map((flow) => [flow.name, flow])),
  };
  const catalogs = await Catalogs.open(store, () => catalog);
  await catalogs.activate(catalog, time);
  const session = { epoch: 1, afterCleanStop: true };
  const logger = silentLogger;
  const runner = new Runner({
    store,
    session,
    time,
    clock,
    logger,
    directory: '/',
    kinds: new Map([['echo', echo]]),
    findFlow: (hash, flow) => catalogs.findFlow(hash, flow),
    random: seededRandom(1),
    slots: 4,
    drainMs: 1_000,
  });
  const follower = new LogFollower(store);
  const router = new Router({ store, follower, catalogs, runner, session, time, clock, logger });
  await runner.start();
  await router.start();
  let stopping = false;
  const box = {
    store,
    failed: store.failed,
    catalog: async () => catalog,
    catalogAt: async (seq: number) => (await catalogs.at(seq)).catalog,
    emit: (draft: Parameters<Doorkeeper['admit']>[0]) => door.admit(draft),
    status: () => ({
      state: stopping ? 'draining' : 'running',
      degraded: [],
      lag: store.head() - router.at,
      running: runner.slots.taken,
      slots: 4,
      catalog: 'h1',
      pending: undefined,
    }),
    stats: async () => ({ as_of: router.at, events: store.head(), dispositions: router.tally }),
    verify: async () => ({ ok: true }),
    rebuildCheck: async () => ({ ok: true }),
    stop: async () => {
      stopping = true;
      door.close();
      await router.stop();
      await runner.stop();
      await store.close();
    },
  };
  return box as unknown as Signalbox;
}
