import { notInForce } from '../flows/catalog.ts';
import { SignalboxError } from '../std/errors.ts';
import { type LogReader, readableCatalog } from './log-reader.ts';

/**
 * Refuses the name of a flow that a list is asked for, where none bears it: the list would be
 * empty, and a slip look like a flow that did nothing. One that is in force no more is known by
 * what it left in the log.
 *
 * @throws SignalboxError `flow.unknown`
 */
export async function refuseStrangeFlow(reader: LogReader, flow: string): Promise<void> {
  const { store } = reader;
  const inForce = await readableCatalog(reader, Number.POSITIVE_INFINITY);
  if (inForce === undefined || inForce.flows.has(flow) || flow.endsWith('*')) return;
  const [run] = await store.runs({ flow, limit: 1 });
  const [letter] = await store.letters({ flow, limit: 1 });
  if (run !== undefined || letter !== undefined) return;
  throw new SignalboxError('flow.unknown', notInForce(flow, [...inForce.flows.keys()]));
}
