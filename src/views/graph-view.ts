import type { Catalog } from '../flows/catalog.ts';
import type { Flow, Step } from '../flows/flow.ts';

/** Who answers whom, as the files say it: sources, events, flows and what leads from one on. */
export interface GraphView {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** `id` is the kind and the name: `flow:deploy`, `event:file.changed`, `source:hooks`. */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'source' | 'event' | 'flow';
  readonly name: string;
}

/**
 * A source hands its events to a handler, an event starts a flow, and a flow emits an event or
 * calls a flow; `where` is the condition of a start, and a step that emits or calls is named.
 */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'hands' | 'starts' | 'emits' | 'calls';
  readonly step?: string;
  readonly where?: string;
}

/** The graph of a catalog. A type that is only known when its step is done is left out. */
export function viewGraph({ flows, sources, tools }: Catalog): GraphView {
  const edges: GraphEdge[] = [];
  for (const { name, handlers } of sources?.values() ?? []) {
    for (const handler of handlers) {
      edges.push({ from: `source:${name}`, to: `flow:${handler}`, kind: 'hands' });
    }
  }
  const hands = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  const emitted: EmittedBy = (step) => emittedBy(step, tools);
  for (const flow of flows.values()) edges.push(...edgesOf(flow, { hands, emitted }));
  const ids = new Set([
    ...[...(sources?.keys() ?? [])].map((name) => `source:${name}`),
    ...[...flows.keys()].map((name) => `flow:${name}`),
    ...edges.flatMap(({ from, to }) => [from, to]),
  ]);
  return { nodes: Array.from(ids, nodeOf), edges };
}

function nodeOf(id: string): GraphNode {
  const colon = id.indexOf(':');
  return { id, kind: id.slice(0, colon) as GraphNode['kind'], name: id.slice(colon + 1) };
}

/** The types that a step by itself may emit. */
type EmittedBy = (step: Step) => readonly string[];

function edgesOf(
  { name, triggers, steps, onFailure = [] }: Flow,
  { hands, emitted }: { readonly hands: ReadonlySet<string>; readonly emitted: EmittedBy },
): GraphEdge[] {
  const own = `flow:${name}`;
  const starts = triggers
    // A handler's trigger is its source, which hands it what it hears.
    .filter(({ pattern: { source } }) => !hands.has(`source:${source} ${own}`))
    .map(({ pattern: { event }, where }): GraphEdge => {
      const condition = where === undefined ? {} : { where: where.text };
      return { from: `event:${event}`, to: own, kind: 'starts', ...condition };
    });
  return [...starts, ...[...steps, ...onFailure].flatMap((step) => ledTo(own, step, emitted))];
}

/** What a step leads to, and those inside it. */
function ledTo(from: string, step: Step, emitted: EmittedBy): GraphEdge[] {
  const { id, choice, fork } = step;
  const inside = (steps: readonly Step[]): GraphEdge[] =>
    steps.flatMap((each) => ledTo(from, each, emitted));
  if (choice !== undefined) return inside([...choice.then, ...choice.else]);
  if (fork?.kind === 'parallel') return inside(fork.steps);
  if (fork?.kind === 'each') return inside(fork.do);
  if (fork?.kind === 'call') return [{ from, to: `flow:${fork.flow}`, kind: 'calls', step: id }];
  return emitted(step).map((type) => ({ from, to: `event:${type}`, kind: 'emits', step: id }));
}

/** What an `emit` names, and what the tool of a user's own says that it emits. */
function emittedBy(step: Step, tools: Catalog['tools']): readonly string[] {
  if (step.choice !== undefined || step.fork !== undefined) return [];
  const { emit, tool } = step.input as {
    readonly emit?: readonly unknown[];
    readonly tool?: unknown;
  };
  if (step.kind === 'tool') return tools?.get(String(tool))?.emits ?? [];
  if (step.kind !== 'emit') return [];
  return (emit ?? []).filter((type) => typeof type === 'string');
}
