import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, SystemClock, type Timer } from '../std/clock.ts';
import type { Service } from '../std/service.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Stats, Status } from '../views/engine-view.ts';
import { engineFamilies } from '../views/metrics/engine-families.ts';
import type { Family } from '../views/metrics/family.ts';
import { Histogram } from '../views/metrics/histogram.ts';
import { type Heard, LogMeter } from '../views/metrics/log-meter.ts';
import { processFamilies } from '../views/metrics/process-families.ts';

/** What a meter measures with. */
export interface MeterOptions {
  readonly store: Pick<Store, 'onCommitted' | 'run'>;
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly dataDirectory: string;
}

/** How often is looked whether the main loop answers. */
const LOOP_LOOK_MS = 500;
const SYSTEM = new SystemClock();
/** The store's files, by what they hold. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['log', 'signalbox.db'],
  ['wal', 'signalbox.db-wal'],
]);

/** Measures the engine while it runs; what it is at an instant is read when somebody asks. */
export class Meter implements Service {
  readonly name = 'meter';
  readonly #options: MeterOptions;
  readonly #log: LogMeter;
  readonly #loop = new Histogram();
  readonly #began: number;
  #timer: Timer | undefined;

  constructor(options: MeterOptions) {
    const { store, clock } = options;
    this.#options = options;
    this.#log = new LogMeter(options);
    this.#began = clock.now();
    store.onCommitted((records, tookMs) => this.#log.hear(records, tookMs));
  }

  /** When the engine was made, in milliseconds since 1970. */
  get began(): number {
    return this.#began;
  }

  /** What came and what was done about it since then. */
  get heard(): Heard {
    return this.#log.heard;
  }

  async start(): Promise<void> {
    this.#look();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  /** All of it, and what the engine says of itself now. */
  async families(now: { readonly status: Status; readonly stats: Stats }): Promise<Family[]> {
    const storeBytes = await this.#storeBytes();
    return [
      ...engineFamilies({ ...now, storeBytes }),
      ...this.#log.families(),
      {
        name: 'signalbox_loop_delay_seconds',
        help: 'By how much the main loop comes later to what is due.',
        type: 'histogram',
        samples: [this.#loop.distribution()],
      },
      ...processFamilies(this.#began),
    ];
  }

  /** Looks at the loop by the system's clock: where time is virtual, the loop is not. */
  #look(): void {
    const due = SYSTEM.monotonic() + LOOP_LOOK_MS;
    this.#timer = SYSTEM.schedule(LOOP_LOOK_MS, () => {
      this.#loop.observe((SYSTEM.monotonic() - due) / 1_000);
      this.#look();
    });
  }

  /** A store that keeps no such files, such as PostgreSQL, has no size here. */
  async #storeBytes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const [name, file] of FILES) {
      const found = await stat(join(this.#options.dataDirectory, file)).catch(() => undefined);
      if (found !== undefined) sizes.set(name, found.size);
    }
    return sizes;
  }
}
