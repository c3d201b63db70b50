import { matchesText } from '../events/pattern.ts';
import type { GraphEdge, GraphNode, GraphView } from './graph-view.ts';

/** The graph as people see it: who is told, by whom, of which event. */
export interface GraphLink {
  /** The id of a node; undefined for somebody outside. */
  readonly from: string | undefined;
  /** The id of a node; undefined where nobody here answers. */
  readonly to: string | undefined;
  /** The event that goes from one to the other, or `calls` for what is no event. */
  readonly label: string;
  readonly kind: 'event' | 'calls' | 'hands';
}

/** What somebody does with an event: emits it, or answers it. */
interface EventEnd {
  readonly type: string;
  readonly node: string;
}

/**
 * The links of a graph, each once, in the order of the graph. An event that nobody here emits comes
 * from outside, and one that nobody answers leads to nobody.
 */
export function linksOf({ edges }: GraphView): readonly GraphLink[] {
  const emits = edges.filter(({ kind }) => kind === 'emits').map(emitEnd);
  const answers = edges.filter(isAnswer).map(answerEnd);
  const links = edges.flatMap((edge): GraphLink[] => {
    if (edge.kind === 'emits') return onward(emitEnd(edge), answers);
    if (isAnswer(edge)) return fromOutside(answerEnd(edge), emits);
    const { from, to, kind } = edge;
    return [{ from, to, label: kind, kind: kind === 'calls' ? 'calls' : 'hands' }];
  });
  return [...new Map(links.map((link) => [JSON.stringify(link), link])).values()];
}

/** Nodes of the graph that a picture shows: events are its arrows. */
export function shownNodes({ nodes }: GraphView): readonly GraphNode[] {
  return nodes.filter(({ kind }) => kind !== 'event');
}

function isAnswer({ kind }: GraphEdge): boolean {
  return kind === 'starts' || kind === 'continues';
}

function emitEnd({ from, to }: GraphEdge): EventEnd {
  return { type: typeIn(to), node: from };
}

function answerEnd({ from, to }: GraphEdge): EventEnd {
  return { type: typeIn(from), node: to };
}

/** The type that the id of an event's node names. */
export function typeIn(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

function onward({ type: label, node: from }: EventEnd, answers: readonly EventEnd[]): GraphLink[] {
  const to = answers.filter(({ type }) => matchesText(type, label)).map(({ node }) => node);
  const ends = to.length === 0 ? [undefined] : to;
  return ends.map((end) => ({ from, to: end, label, kind: 'event' }));
}

function fromOutside({ type, node: to }: EventEnd, emits: readonly EventEnd[]): GraphLink[] {
  if (emits.some((emitted) => matchesText(type, emitted.type))) return [];
  return [{ from: undefined, to, label: type, kind: 'event' }];
}
