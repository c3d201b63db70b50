import type { EventDraft } from '../../../src/events/event.ts';
import type { SourceFile } from '../../../src/flows/catalog.ts';
import { type Admission, Doorkeeper } from '../../../src/routing/admission.ts';
import { auditLog } from '../../../src/routing/audit.ts';
import { Catalogs, type ParseCatalog } from '../../../src/routing/catalogs.ts';
import { EventWaits } from '../../../src/routing/event-waits.ts';
import { LogFollower } from '../../../src/routing/follower.ts';
import { HookVerdicts } from '../../../src/routing/hook-verdicts.ts';
import { Router } from '../../../src/routing/router.ts';
import { checkRows } from '../../../src/runs/rebuild.ts';
import { Runner } from '../../../src/runs/runner.ts';
import type { StepKind } from '../../../src/runs/step-kind.ts';
import type { Clock } from '../../../src/std/clock.ts';
import type { Logger } from '../../../src/std/logger.ts';
import type { Random } from '../../../src/std/random.ts';
import type { Store } from '../../../src/store/contract.ts';
import { EngineTime } from '../../../src/store/engine-time.ts';
import { ownRecord } from '../../../src/store/record.ts';
import { gatesOnly } from '../../fixtures/gates-only.ts';

export interface DaemonOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly kinds: readonly StepKind[];
  /** The configuration as it lies there now. */
  readonly files: readonly SourceFile[];
  readonly parse: ParseCatalog;
  readonly slots: number;
  readonly drainMs: number;
}

interface Parts {
  readonly options: DaemonOptions;
  readonly catalogs: Catalogs;
  readonly time: EngineTime;
  readonly runner: Runner;
  readonly router: Router;
  readonly door: Doorkeeper;
}

/** The engine's own parts, put together as the composition root does, on what we give it. */
export class Daemon {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(options: DaemonOptions): Promise<Daemon> {
    const { store, clock, logger, random, kinds, slots, drainMs } = options;
    const { epoch, afterCleanStop } = store.identity;
    const session = { epoch, afterCleanStop };
    const time = new EngineTime(clock, store.identity.lastReceived);
    const catalogs = await Catalogs.open(store, options.parse);
    const verdicts = new HookVerdicts();
    const waits: EventWaits = new EventWaits({
      store,
      verdicts,
      clock,
      logger,
      give: (...given) => runner.take(...given),
    });
    const runner = new Runner({
      store,
      session,
      time,
      clock,
      logger,
      random,
      slots,
      drainMs,
      directory: '/',
      kinds: new Map(kinds.map((kind) => [kind.shape.kind, kind])),
      findFlow: (hash, flow) => catalogs.findFlow(hash, flow),
      judging: gatesOnly,
      flowsInForce: () => catalogs.flowsInForce(),
      waits,
    });
    const follower = new LogFollower(store);
    const told = { time, clock, logger, verdicts, waits };
    const router = new Router({ store, follower, catalogs, runner, session, ...told });
    const door = new Doorkeeper(store, time);
    const daemon = new Daemon({ options, catalogs, time, runner, router, door });
    await daemon.#start();
    return daemon;
  }

  get routed(): number {
    return this.#parts.router.at;
  }

  /** Slots that are taken. */
  get busy(): number {
    return this.#parts.runner.lanes.taken;
  }

  admit(draft: EventDraft): Promise<Admission> {
    return this.#parts.door.admit(draft);
  }

  /** Has the runs looked through that nobody works on, as if some had been queued. */
  nudge(): void {
    this.#parts.runner.sweep();
  }

  /** What is wrong with log and rows, as far as the engine itself finds it while it works. */
  async wrong(): Promise<string | undefined> {
    const { options, catalogs, router } = this.#parts;
    const { store } = options;
    const audited = { store, catalogs, routed: router.at, counted: router.tally };
    const { firstBad } = await auditLog(audited, () => {});
    if (firstBad !== null) return `audit: ${JSON.stringify(firstBad)}`;
    const { differences } = await checkRows(store, () => {});
    return differences.length === 0 ? undefined : `rows: ${JSON.stringify(differences)}`;
  }

  async stop(): Promise<void> {
    const { door, router, runner, options } = this.#parts;
    door.close();
    await router.stop();
    await runner.stop();
    await options.store.close({ clean: true });
  }

  async #start(): Promise<void> {
    const { catalogs, time, runner, router, options } = this.#parts;
    const { store, files, parse } = options;
    const catalog = parse(files, []);
    if (catalogs.current !== catalog.hash) await catalogs.activate(catalog, time);
    const { incarnation, epoch } = store.identity;
    const data = JSON.stringify({ incarnation, epoch });
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord('daemon.started', data, time.now(), cause);
    await store.append({ writes: [{ kind: 'event', record }] });
    await runner.start();
    await router.start();
  }
}
