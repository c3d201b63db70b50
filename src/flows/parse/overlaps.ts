import type { Flow } from '../flow.ts';
import type { Overlap } from '../source-shape.ts';
import type { FlowTable } from './flow-table.ts';
import { parseKey } from './key.ts';
import type { WrittenSource } from './sources.ts';

/** A flow and the sources that say what becomes of events while a run of it is open. */
interface Limited {
  readonly overlap: Overlap;
  readonly first: WrittenSource;
  readonly sources: string[];
}

/**
 * Limits the flows that sources name to one open run for each such source, where a source wants
 * that and the flow says nothing of its own. Events of others start runs as they did.
 */
export function limitOverlaps(written: readonly WrittenSource[], table: FlowTable): void {
  const limited = new Map<string, Limited>();
  for (const source of written) {
    const { overlap, definition } = source;
    if (overlap === undefined) continue;
    for (const handler of definition.handlers) {
      const known: Limited = limited.get(handler) ?? { overlap, first: source, sources: [] };
      if (known.overlap !== overlap) reportDifference(handler, source);
      known.sources.push(definition.name);
      limited.set(handler, known);
    }
  }
  for (const [handler, limit] of limited) {
    table.change(handler, (flow) => ({ ...flow, ...limitsOf(flow, limit) }));
  }
}

function limitsOf(flow: Flow, { overlap, first, sources }: Limited): Partial<Flow> {
  const hasOwn = flow.concurrency !== undefined || flow.order !== undefined;
  if (hasOwn || overlap === 'allow') return {};
  // An event of anybody else is alone with its id, and so is kept waiting by none.
  const text = `event.source in ${JSON.stringify(sources)} ? event.source : event.id`;
  const key = parseKey(text, first.at, first.report);
  // A limit that queues counts the steps under way; this one has each run go on to its end.
  if (overlap === 'queue') return { order: key };
  return { concurrency: { key, limit: 1, onFull: overlap } };
}

function reportDifference(handler: string, { handlersAt, report }: WrittenSource): void {
  const remedy = 'give both the same one, or the flow a "concurrency" of its own';
  const message = `another source has a different "overlap" for "${handler}"; ${remedy}`;
  report({ at: handlersAt, code: 'config.invalid', message });
}
