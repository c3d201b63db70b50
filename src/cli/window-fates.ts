import type { WindowClosed } from '../runs/window-closed.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Disposition } from '../views/disposition.ts';
import type { Client } from './client.ts';

/**
 * What became of an event at each flow; of one that a flow took together with others, what became
 * of them all: it waits until their window has closed.
 *
 * @throws SignalboxError `daemon.stopped` where that stops before.
 */
export async function fatesBehindWindows(
  client: Client,
  { id, seq }: { readonly id: string; readonly seq: number },
): Promise<readonly Disposition[]> {
  const fates = (await client.event(id, seq))?.disposition ?? [];
  const known = fates.filter(({ outcome }) => outcome !== 'coalesced');
  if (known.length === fates.length) return fates;
  const flows = new Set(fates.filter((each) => !known.includes(each)).map(({ flow }) => flow));
  for await (const event of client.follow({ after: seq, type: 'window.closed' })) {
    const { flow, events } = event.data as unknown as WindowClosed;
    if (!flows.has(flow) || !events.includes(seq)) continue;
    flows.delete(flow);
    const came = (await client.event(event.id, event.seq))?.disposition ?? [];
    known.push(...came.filter((each) => each.flow === flow));
    if (flows.size === 0) return known;
  }
  throw new SignalboxError('daemon.stopped', 'The daemon stopped before the window had closed.');
}
