import type { Catalog } from '../flows/catalog.ts';
import type { ActionStep, Flow, Step, Trigger } from '../flows/flow.ts';

/** Who answers whom, as the files say it: sources, events, and all that answers and emits them. */
export interface GraphView {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** `id` is the kind and the name: `flow:deploy`, `event:file.changed`, `source:hooks`. */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'source' | 'event' | 'choreography' | 'flow' | 'tool';
  readonly name: string;
}

/**
 * A source hands its events to a handler. An event starts a flow or a rule of a choreography, or a
 * flow goes on with it that waits for it. A flow, a rule or a tool emits an event, and a flow calls
 * a flow or a tool. `where` is the condition of a start; steps and rules are named.
 */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'hands' | 'starts' | 'continues' | 'emits' | 'calls';
  readonly step?: string;
  readonly rule?: string;
  readonly where?: string;
}

/**
 * The graph of a catalog, in the order of its files. A type that is only known when its step is
 * done is left out.
 */
export function viewGraph({ flows, choreographies, sources, tools }: Catalog): GraphView {
  const edges: GraphEdge[] = [];
  for (const { name, handlers } of sources?.values() ?? []) {
    for (const handler of handlers) {
      edges.push({ from: `source:${name}`, to: `flow:${handler}`, kind: 'hands' });
    }
  }
  const hands = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  const looks = { hands, tools: tools ?? new Map() };
  for (const flow of flows.values()) edges.push(...edgesOf(flow, looks));
  for (const [name, { emits = [] }] of looks.tools) {
    for (const type of emits) edges.push(leading(`tool:${name}`, `event:${type}`, 'emits'));
  }
  const ids = new Set([
    ...idsOf('source', sources),
    ...idsOf('choreography', choreographies),
    ...Array.from(flows.values(), nodeOfFlow),
    ...idsOf('tool', tools),
    ...edges.flatMap(({ from, to }) => [from, to]),
  ]);
  return { nodes: Array.from(ids, nodeOf), edges };
}

function idsOf(
  kind: GraphNode['kind'],
  named: ReadonlyMap<string, unknown> = new Map(),
): readonly string[] {
  return Array.from(named.keys(), (name) => `${kind}:${name}`);
}

function nodeOf(id: string): GraphNode {
  const colon = id.indexOf(':');
  return { id, kind: id.slice(0, colon) as GraphNode['kind'], name: id.slice(colon + 1) };
}

/**
 * A rule is a part of its choreography, and no node of its own; nor is the flow that a tool has by
 * the events that it answers.
 */
function nodeOfFlow({ name, rule, tool }: Flow): string {
  if (rule !== undefined) return `choreography:${rule.choreography}`;
  return tool === undefined ? `flow:${name}` : `tool:${tool}`;
}

function leading(
  from: string,
  to: string,
  kind: GraphEdge['kind'],
  named: Pick<GraphEdge, 'step' | 'rule'> = {},
): GraphEdge {
  return { from, to, kind, ...named };
}

/** What the edges of a flow depend on beside the flow. */
interface Looks {
  /** `SOURCE FLOW` of each handler. */
  readonly hands: ReadonlySet<string>;
  readonly tools: NonNullable<Catalog['tools']>;
}

function edgesOf(flow: Flow, looks: Looks): GraphEdge[] {
  const { triggers, steps, onFailure = [], rule } = flow;
  const own = nodeOfFlow(flow);
  const named = rule === undefined ? {} : { rule: rule.id };
  const starts = triggers
    // A handler's trigger is its source, which hands it what it hears.
    .filter(({ pattern: { source } }) => !looks.hands.has(`source:${source} ${own}`))
    .map(({ pattern: { event }, where }: Trigger): GraphEdge => {
      const condition = where === undefined ? {} : { where: where.text };
      return { ...leading(`event:${event}`, own, 'starts', named), ...condition };
    });
  const led = [...steps, ...onFailure].flatMap((step) => ledTo(own, step, looks));
  // Of a rule the rule is named, and not the step that we made of it.
  const edges =
    rule === undefined ? led : led.map(({ from, to, kind }) => leading(from, to, kind, named));
  return [...starts, ...edges];
}

/** What a step leads to, those inside it and what undoes it. */
function ledTo(from: string, step: Step, looks: Looks): GraphEdge[] {
  const { id, choice, fork } = step;
  const inside = (steps: readonly Step[]): GraphEdge[] =>
    steps.flatMap((each) => ledTo(from, each, looks));
  if (choice !== undefined) return inside([...choice.then, ...choice.else]);
  if (fork?.kind === 'parallel') return inside(fork.steps);
  if (fork?.kind === 'each') return inside(fork.do);
  if (fork?.kind === 'call') return [leading(from, `flow:${fork.flow}`, 'calls', { step: id })];
  if (step.choice !== undefined || step.fork !== undefined) return [];
  const { compensate } = step;
  const undone = compensate === undefined ? [] : ofAction(from, compensate, looks);
  return [...ofAction(from, step, looks), ...undone];
}

/** The parts of what steps are given that say with which events and tools they have to do. */
interface ActionInput {
  readonly emit?: readonly unknown[];
  readonly tool?: unknown;
  readonly wait?: { readonly event?: unknown };
}

function ofAction(from: string, step: ActionStep, { tools }: Looks): GraphEdge[] {
  const named = { step: step.id };
  const { emit = [], tool, wait } = step.input as ActionInput;
  if (step.kind === 'tool') {
    const used = `tool:${String(tool)}`;
    return tools.has(String(tool)) && used !== from ? [leading(from, used, 'calls', named)] : [];
  }
  if (step.kind === 'wait') {
    return [leading(`event:${String(wait?.event)}`, from, 'continues', named)];
  }
  if (step.kind !== 'emit') return [];
  const types = emit.filter((type) => typeof type === 'string');
  return types.map((type) => leading(from, `event:${type}`, 'emits', named));
}
