import type { EventView } from '../../src/views/event-view.ts';
import type { ApiClient } from './api-client.ts';

/**
 * How long each event of a type took from its arrival until its run had ended, in milliseconds: all
 * of them, or those that are `wanted`.
 */
export async function latencies(
  client: ApiClient,
  type: string,
  wanted: (event: EventView) => boolean = () => true,
): Promise<number[]> {
  const runs = await client.runs();
  const ended = new Map(runs.map((run) => [run.event, run.ended]));
  const events = (await client.events(type)).filter(wanted);
  return events.map(({ id, received }) => {
    const end = ended.get(id);
    if (end === undefined || end === null) throw new Error(`the run of ${id} has not ended`);
    return Date.parse(end) - Date.parse(received);
  });
}

/** The value that `share` of all others do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
