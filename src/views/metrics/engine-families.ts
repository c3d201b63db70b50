import type { SourceState, SourceView } from '../../sources/supervised-source.ts';
import type { Stats, Status } from '../engine-view.ts';
import { counterBy, type Family, gauge, type Sample } from './family.ts';

/** What the engine says of itself at one instant. */
export interface EngineReading {
  readonly status: Status;
  readonly stats: Stats;
  /** Bytes of the store's files, by what they hold. */
  readonly storeBytes: ReadonlyMap<string, number>;
}

/** What is read at a scrape: nothing of it reads the log. */
export function engineFamilies({ status, stats, storeBytes }: EngineReading): Family[] {
  const { duplicates, conflicts, refused } = stats.receipts;
  const receipts = Object.entries({ duplicates, conflicts, refused });
  return [
    counterBy(
      ['signalbox_events_total', 'disposition'],
      'What became of events, for each flow that they were matched with, since the log began.',
      Object.entries(stats.dispositions),
    ),
    counterBy(
      ['signalbox_receipts_total', 'result'],
      'What came and was not recorded as a new event, since the log began.',
      receipts,
    ),
    ...queueFamilies(stats),
    ...stateFamilies(status),
    ...sourceFamilies(status.sources),
    gauge('signalbox_log_seq', 'The number of the last record of the log.', stats.events),
    {
      name: 'signalbox_store_bytes',
      help: "The size of the store's files.",
      type: 'gauge',
      samples: Array.from(storeBytes, ([file, value]) => ({ labels: { file }, value })),
    },
  ];
}

function queueFamilies({ queue, runs, lag }: Stats): Family[] {
  const { queued, running, waiting, paused } = runs;
  const open = Object.entries({ queued, running, waiting, paused });
  const ages = queue.map(({ age_ms }) => age_ms);
  return [
    gauge('signalbox_queue_depth', 'Runs that wait for their first slot.', queued),
    gauge(
      'signalbox_queue_age_seconds',
      'For how long the oldest of them waits.',
      Math.max(0, ...ages) / 1_000,
    ),
    {
      name: 'signalbox_flow_queue_depth',
      help: 'Runs that wait for their first slot, by flow.',
      type: 'gauge',
      samples: queue.map(({ flow, depth }) => ({ labels: { flow }, value: depth })),
    },
    {
      name: 'signalbox_runs_open',
      help: 'Runs that have not ended.',
      type: 'gauge',
      samples: open.map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge('signalbox_router_lag_records', 'Records that are not routed yet.', lag.router),
  ];
}

function stateFamilies({ state, degraded, paused, running, slots }: Status): Family[] {
  return [
    gauge('signalbox_up', 'Whether events are accepted and routed.', state === 'draining' ? 0 : 1),
    {
      name: 'signalbox_degraded',
      help: 'Parts that do not work as they should.',
      type: 'gauge',
      samples: degraded.map(({ part }) => ({ labels: { part }, value: 1 })),
    },
    gauge('signalbox_pauses', 'Pauses in force, of flows or of all.', paused.length),
    gauge('signalbox_slots', 'Runs that may be under way at once.', slots),
    gauge('signalbox_slots_used', 'Runs that are under way.', running),
  ];
}

const STATES: readonly SourceState[] = ['starting', 'running', 'degraded', 'stale', 'stopped'];

function sourceFamilies(sources: readonly SourceView[]): Family[] {
  const of = (read: (source: SourceView) => number | undefined): Sample[] =>
    sources.flatMap((source) => {
      const value = read(source);
      return value === undefined ? [] : [{ labels: { source: source.name }, value }];
    });
  return [
    {
      name: 'signalbox_source_state',
      help: 'The state of each source: 1 where it is in this one.',
      type: 'gauge',
      samples: sources.flatMap(({ name: source, state: own }) =>
        STATES.map((state) => ({ labels: { source, state }, value: state === own ? 1 : 0 })),
      ),
    },
    {
      name: 'signalbox_source_lag_seconds',
      help: 'For how long what a source has to say waits for room in the log.',
      type: 'gauge',
      samples: of(({ lag }) => lag / 1_000),
    },
    {
      name: 'signalbox_source_last_event_seconds',
      help: 'When the last event of a source was recorded, since 1970.',
      type: 'gauge',
      samples: of(({ last_event }) =>
        last_event === null ? undefined : Date.parse(last_event) / 1_000,
      ),
    },
  ];
}
