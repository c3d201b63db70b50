import type { Catalogs } from '../routing/catalogs.ts';
import type { Clock } from '../std/clock.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { LogReader } from '../views/log-reader.ts';
import { Meter } from './meter.ts';
import type { OpenOptions } from './options.ts';
import { openSpanSender, wantsTraces } from './otlp.ts';
import { Tracer } from './tracer.ts';

/** Who looks at an engine and has no part in its work. */
export interface Observers {
  readonly meter: Meter;
  /** Undefined where nobody is to be sent traces. */
  readonly tracer: Tracer | undefined;
}

/** What they look at. */
export interface Observed {
  readonly store: Store;
  readonly catalogs: Catalogs;
  readonly time: EngineTime;
  readonly clock: Clock;
}

/** Makes them, before anything is committed that they are to hear of. */
export function openObservers(options: OpenOptions, observed: Observed): Observers {
  const { dataDirectory, inMemory = false, mode, logger } = options;
  const { store, catalogs, clock } = observed;
  const meter = new Meter({ ...observed, dataDirectory });
  if (mode !== 'run' || inMemory || !wantsTraces(process.env)) return { meter, tracer: undefined };
  const reader: LogReader = {
    store,
    catalogAt: async (seq) => (await catalogs.at(seq)).catalog,
    status: () => ({ lag: 0, paused: [] }),
  };
  const open = (): ReturnType<typeof openSpanSender> => openSpanSender(process.env);
  return { meter, tracer: new Tracer({ reader, open, clock, logger }) };
}
