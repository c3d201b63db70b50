import { join, resolve } from 'node:path';
import type { Doorkeeper } from '../routing/admission.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import { Erasures } from '../routing/erasure.ts';
import { Retention } from '../routing/retention/retention.ts';
import type { Router } from '../routing/router.ts';
import type { Clock } from '../std/clock.ts';
import type { MeasureSpace } from '../std/free-space.ts';
import type { Logger } from '../std/logger.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Settings } from '../config/settings.ts';
import { SignalboxError } from '../std/errors.ts';
import { Ballast } from './ballast.ts';
import { logFloor } from './log-floor.ts';
import type { OpenOptions } from './options.ts';
import type { Tracer } from './tracer.ts';

/** The parts of an engine that care for its store. */
export interface CareParts {
  readonly retention: Retention;
  readonly erasures: Erasures;
  /** Undefined where the log is on no disk. */
  readonly ballast: Ballast | undefined;
}

interface CaredFor {
  readonly store: Store;
  readonly catalogs: Catalogs;
  readonly router: Router;
  /** Undefined where nobody is to be sent traces. */
  readonly tracer: Tracer | undefined;
  readonly door: Doorkeeper;
  readonly measureSpace: MeasureSpace;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes them. */
export function openCareParts(options: OpenOptions, made: CaredFor): CareParts {
  const { store, catalogs, router, tracer, door, measureSpace, time, clock, logger } = made;
  const { dataDirectory, inMemory = false, configuration, followers } = options;
  const { archive, ...policy } = configuration.settings.retention;
  if (store.care === undefined) refuseRetention(configuration.settings);
  const isArchived = archive !== undefined && !inMemory;
  const into = isArchived ? { archive: resolve(configuration.directory, archive) } : {};
  const routed = (): number => router.at;
  const floor = (): Promise<number> => logFloor({ store, catalogs, tracer, followers });
  const common = { store, time, clock, logger };
  return {
    retention: new Retention({
      ...common,
      policy: { ...policy, ...into },
      catalogs,
      floor,
      routed,
    }),
    erasures: new Erasures({ store, catalogs, routed, time }),
    ballast:
      inMemory || store.care === undefined
        ? undefined
        : new Ballast({
            ...common,
            path: join(dataDirectory, 'ballast'),
            measureSpace,
            isFull: () => door.fullSince !== undefined,
          }),
  };
}

/** @throws SignalboxError `care.not_supported` where something of the log is to be taken out. */
function refuseRetention({ retention }: Settings): void {
  const { events, size, archive } = retention;
  if (events === undefined && size === undefined && archive === undefined) return;
  const message =
    '"retention" cannot be kept: the log is in PostgreSQL, where nothing is taken out of it. ' +
    'Leave "retention" out, and start with --apply where it was in force.';
  throw new SignalboxError('care.not_supported', message);
}
