import { matchesText } from '../../events/pattern.ts';
import type { Flow } from '../flow.ts';
import { ABSENT } from '../time-pattern.ts';
import type { EmittedType, FlowMention, Mentions } from './context.ts';
import { showRing } from './ring-text.ts';
import { type Arc, findRings } from './rings.ts';

/**
 * Warns of flows that start themselves, by way of others or not: each emits an event, or calls a
 * flow, with no condition on the way. What depends on an event's content is not looked at. Where a
 * rule of a choreography takes part, it is an error: choreographies are told to answer each other.
 */
export function reportCycles(
  mentions: Pick<Mentions, 'emitted' | 'called'>,
  flows: ReadonlyMap<string, Flow>,
): void {
  const graph = new EventGraph(flows.values());
  const isCertain = ({ flow, conditional }: EmittedType | FlowMention): boolean =>
    !conditional && flows.has(flow);
  for (const { flow, calls } of mentions.called.filter(isCertain)) graph.call(flow, calls);
  const arcs = mentions.emitted.filter(isCertain).map((emitted) => graph.emit(emitted));
  for (const { arc, ring } of findRings(arcs, graph.leads)) {
    const { type, at, report } = arc.emitted;
    const names = ring.flatMap((node) => flowOf(node) ?? []);
    const isRuled = names.some((name) => flows.get(name)?.rule !== undefined);
    const remedy = isRuled ? BREAKERS : 'give a step "if", or a trigger "where"';
    const shown = showRing(names);
    const message = `"${type}" starts what emits it again, without an end: ${shown}; ${remedy}`;
    const severity = isRuled ? 'error' : 'warning';
    report({ at, severity, code: 'config.cycle', message });
  }
}

const BREAKERS = 'give one of its rules a "where", a "throttle" or "max: N"';

/** An emitted type: from its flow to what the event is. */
interface EmitArc extends Arc {
  readonly emitted: EmittedType;
}

const FLOW = 'flow ';

function flowOf(node: string): string | undefined {
  return node.startsWith(FLOW) ? node.slice(FLOW.length) : undefined;
}

/** A trigger without a condition: which events it takes, and a node that leads to its flows. */
interface Listener {
  readonly source: string | undefined;
  readonly node: string;
}

/**
 * From flows to the events that they emit, from events to the patterns that take them, and from
 * patterns to flows again. Ten thousand flows that hear all types are one pattern, not ten thousand
 * arcs from each event.
 */
class EventGraph {
  readonly leads = new Map<string, string[]>();
  readonly #exact = new Map<string, Listener[]>();
  readonly #prefixes = new Map<string, Listener[]>();

  constructor(flows: Iterable<Flow>) {
    for (const { name, triggers, rule, throttle } of flows) {
      // What keeps a rule from answering for ever is a breaker.
      if (rule !== undefined && (rule.max !== undefined || throttle !== undefined)) continue;
      for (const { pattern, where, over } of triggers) {
        // What is to stay away starts nothing by coming.
        if (over?.pattern.kind === 'absent' && over.place === ABSENT) continue;
        // What subject an event has is not known before it is emitted.
        if (where !== undefined || pattern.subject !== undefined) continue;
        this.#listen(pattern.event, pattern.source, name);
      }
    }
  }

  call(flow: string, calls: string): void {
    this.#lead(`${FLOW}${flow}`, `${FLOW}${calls}`);
  }

  emit(emitted: EmittedType): EmitArc {
    const { flow, type } = emitted;
    const from = `${FLOW}${flow}`;
    const to = `event ${flow}\0${type}`;
    if (!this.leads.has(to)) {
      for (const listener of this.#listeners(type)) {
        if (matchesText(listener.source ?? '*', `flow:${flow}`)) this.#lead(to, listener.node);
      }
    }
    this.#lead(from, to);
    return { from, to, emitted };
  }

  #listen(event: string, source: string | undefined, flow: string): void {
    const node = `pattern ${event}\0${source ?? ''}`;
    const prefix = event.endsWith('*');
    const map = prefix ? this.#prefixes : this.#exact;
    if (!this.leads.has(node)) push(map, prefix ? event.slice(0, -1) : event, { source, node });
    this.#lead(node, `${FLOW}${flow}`);
  }

  *#listeners(type: string): Generator<Listener> {
    yield* this.#exact.get(type) ?? [];
    for (let length = 0; length <= type.length; length++) {
      yield* this.#prefixes.get(type.slice(0, length)) ?? [];
    }
  }

  #lead(from: string, to: string): void {
    push(this.leads, from, to);
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
