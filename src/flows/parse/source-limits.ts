import type { Flow, Throttle } from '../flow.ts';
import type { Key } from '../key.ts';
import type { FlowTable } from './flow-table.ts';
import { readGather, writtenGathers } from './gather.ts';
import { parseKey } from './key.ts';
import { readThrottle, writtenThrottle } from './limits.ts';
import type { Report } from './report.ts';
import type { WrittenSource } from './sources.ts';
import { keyPlaceAt, type YamlMapping } from './yaml-node.ts';

/** What a source says of how its events start runs, as it may be written. */
export const writtenSourceLimits = { ...writtenGathers, ...writtenThrottle };

/** The keys of a source that say so. */
export const SOURCE_LIMIT_KEYS: readonly string[] = Object.keys(writtenSourceLimits);

/** What a source says of how its events start runs of the flows that it names. */
export type SourceLimits = Pick<Flow, 'gather' | 'throttle'>;

/** Reads `debounce`, `batch` and `throttle` of a source; undefined where one is wrong, reported. */
export function readSourceLimits(
  node: YamlMapping,
  what: string,
  report: Report,
): SourceLimits | undefined {
  const gather = readGather(node, what, report);
  const throttle = readThrottle(node, what, report);
  const isGathered = Object.keys(writtenGathers).some((key) => node.entries.has(key));
  if (isGathered && gather === undefined) return undefined;
  if (node.entries.has('throttle') && throttle === undefined) return undefined;
  if (gather === undefined || throttle === undefined) return { gather, throttle };
  const remedy = 'the windows of one source start one run after the other as they close; remove it';
  const message = `${what} gathers events and has a "throttle" too: ${remedy}`;
  report({ at: keyPlaceAt(node, ['throttle']), code: 'config.invalid', message });
  return { gather };
}

/**
 * Limits how often each source with a `throttle` starts the flows that it names; events of others
 * start them as they did. Reports where that, or a window, meets one of the flow's own.
 */
export function limitSources(written: readonly WrittenSource[], table: FlowTable): void {
  const throttled = new Map<string, Throttled>();
  for (const source of written) {
    const { gather, throttle } = source.limits;
    for (const handler of source.definition.handlers) {
      const flow = table.flows.get(handler);
      if (gather !== undefined && flow?.gather !== undefined) refuse(source, handler, 'a window');
      if (throttle === undefined) continue;
      if (flow?.throttle !== undefined) refuse(source, handler, 'a "throttle"');
      else addThrottle(throttled, handler, { source, throttle });
    }
  }
  for (const [handler, limit] of throttled) {
    table.change(handler, (flow) => ({ ...flow, throttle: joined(limit) }));
  }
}

/** A flow's sources that have a throttle, which is the same but for its keys. */
interface Throttled {
  readonly throttle: Throttle;
  readonly first: WrittenSource;
  /** The name of each source, and its key. */
  readonly keys: (readonly [string, Key | undefined])[];
}

function addThrottle(
  throttled: Map<string, Throttled>,
  handler: string,
  { source, throttle }: { readonly source: WrittenSource; readonly throttle: Throttle },
): void {
  const known = throttled.get(handler) ?? { throttle, first: source, keys: [] };
  throttled.set(handler, known);
  known.keys.push([source.definition.name, throttle.key]);
  const { limit, perMs } = known.throttle;
  if (limit === throttle.limit && perMs === throttle.perMs) return;
  const remedy = 'give both the same "limit" and "per"';
  const message = `another source has a different "throttle" for "${handler}"; ${remedy}`;
  source.report({ at: source.handlersAt, code: 'config.invalid', message });
}

function refuse({ handlersAt, report }: WrittenSource, handler: string, what: string): void {
  const message = `the flow "${handler}" has ${what} of its own, and its source too; remove one`;
  report({ at: handlersAt, code: 'config.invalid', message });
}

function joined({ throttle, first, keys }: Throttled): Throttle {
  // An event of anybody else is alone with its id, and so is kept waiting by none.
  const text = keys.reduceRight((rest, [name, key]) => {
    const own = key === undefined ? 'event.source' : `[event.source, (${key.text})]`;
    return `event.source == ${JSON.stringify(name)} ? ${own} : (${rest})`;
  }, 'event.id');
  return { ...throttle, key: parseKey(text, first.at, first.report) };
}
