import { formatDuration } from '../std/duration.ts';
import type { OpenRunsOfFlow } from '../store/contract.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { Stats, Status } from './engine-view.ts';
import type { Heard } from './metrics/log-meter.ts';
import type { QueueView } from './queue-view.ts';

/** Seed 002's health indicators, all of them since the daemon began. */
export interface Health {
  readonly coordinator_status: Status['state'];
  /** As in `2h 15m`. */
  readonly uptime: string;
  readonly uptime_seconds: number;
  readonly events_processed: number;
  readonly coordination_crises: number;
  readonly deadline_warnings: number;
  /** Runs that succeeded. */
  readonly responses_sent: number;
  /** From an event to the success of its run, as in `0.3s`; null before the first. */
  readonly avg_response_time: string | null;
  readonly avg_response_seconds: number | null;
}

/** How the engine is, in the words of seed 002 and in ours. */
export type StatusReport = Status &
  Health & {
    readonly handlers: readonly HandlerView[];
    readonly queue: readonly QueueView[];
  };

/** A flow that a source names, and how many of its runs are open. */
export interface HandlerView {
  readonly name: string;
  readonly open: number;
}

/** What health is read of. */
export interface HealthReading {
  readonly status: Pick<Status, 'state' | 'lag'>;
  readonly heard: Heard;
  readonly uptimeMs: number;
}

/** The indicators; what is not routed yet does not count as processed. */
export function viewHealth({ status, heard, uptimeMs }: HealthReading): Health {
  const seconds = heard.responseSeconds;
  return {
    coordinator_status: status.state,
    uptime: uptimeText(uptimeMs),
    uptime_seconds: Math.floor(uptimeMs / 1_000),
    events_processed: Math.max(0, heard.events - status.lag),
    coordination_crises: heard.crises,
    deadline_warnings: heard.warnings,
    responses_sent: heard.responses,
    avg_response_time: seconds === null ? null : `${seconds.toFixed(1)}s`,
    avg_response_seconds: seconds === null ? null : Math.round(seconds * 1_000) / 1_000,
  };
}

/** `2h 15m`: the words of `formatDuration` as seed 002 writes them. */
function uptimeText(ms: number): string {
  const whole = formatDuration(Math.floor(ms / 1_000) * 1_000);
  return ms < 1_000
    ? '0s'
    : whole.replaceAll(/ (d|h|min|s)\b/g, (_, unit: string) => unit[0] ?? '');
}

/** What handlers are read of: the catalog in force, and the open runs. */
export function viewHandlers(
  { sources }: Pick<Catalog, 'sources'>,
  openRuns: readonly OpenRunsOfFlow[],
): readonly HandlerView[] {
  const names = new Set([...(sources?.values() ?? [])].flatMap(({ handlers }) => handlers));
  return Array.from(names, (name) => {
    const own = openRuns.filter(({ flow }) => flow === name);
    return { name, open: own.reduce((sum, { runs }) => sum + runs, 0) };
  });
}

/** What a status report is read of. */
export interface StatusReader {
  readonly store: { openRunsByFlow(): Promise<OpenRunsOfFlow[]> };
  catalog(): Promise<Catalog>;
  status(): Status;
  health(): Health;
  stats(): Promise<Stats>;
}

/** How the engine is, with what waits and who answers. */
export async function readStatus(reader: StatusReader): Promise<StatusReport> {
  const [catalog, open, { queue }] = await Promise.all([
    reader.catalog(),
    reader.store.openRunsByFlow(),
    reader.stats(),
  ]);
  const handlers = viewHandlers(catalog, open);
  return { ...reader.status(), ...reader.health(), handlers, queue };
}
