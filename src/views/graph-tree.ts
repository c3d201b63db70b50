import { escapeText } from '../std/escape.ts';
import { type GraphLink, linksOf } from './graph-links.ts';
import type { GraphEdge, GraphView } from './graph-view.ts';

/** A line that is yet to be written, and how deep it stands. */
interface Pending {
  readonly link: GraphLink;
  readonly prefix: string;
  readonly isLast: boolean;
}

/**
 * The graph as lines of text: below each source, and below each event that comes from outside, who
 * answers, and what that leads to. What has been told already is not told again: `…` stands for it.
 */
export function treeLines(graph: GraphView): readonly string[] {
  const edges = graph.edges.map(byRule);
  const links = linksOf({ ...graph, edges });
  const ids = new Set([
    ...graph.nodes.map(({ id }) => id),
    ...edges.flatMap(({ from, to }) => [from, to]),
  ]);
  const children = new Map<string, GraphLink[]>();
  for (const link of links) {
    const known = children.get(link.from ?? '');
    if (known === undefined) children.set(link.from ?? '', [link]);
    else known.push(link);
  }
  const tree = new Tree(children);
  const isRoot = (id: string): boolean => !links.some(({ from, to }) => to === id && from !== id);
  for (const id of ids) if (children.has(id) && isRoot(id)) tree.beginAt(id);
  for (const label of new Set(children.get('')?.map((link) => link.label))) {
    tree.begin(label, children.get('')?.filter((link) => link.label === label) ?? []);
  }
  // What is left answers itself in a ring.
  for (const id of ids) if (children.has(id)) tree.beginAt(id);
  return tree.lines;
}

/** What a rule answers and emits as its own, since not every event of its choreography is its. */
function byRule(edge: GraphEdge): GraphEdge {
  const { from, to, rule } = edge;
  if (rule === undefined) return edge;
  const own = (id: string): string => (id.startsWith('choreography:') ? `${id}, rule ${rule}` : id);
  return { ...edge, from: own(from), to: own(to) };
}

/** Walks without recursion: a chain may be long. */
class Tree {
  readonly lines: string[] = [];
  readonly #children: ReadonlyMap<string, readonly GraphLink[]>;
  /** Links of an event and its answerer whose consequences have been told. */
  readonly #told = new Set<string>();

  constructor(children: ReadonlyMap<string, readonly GraphLink[]>) {
    this.#children = children;
  }

  /** A tree below a node that nobody leads to, if it has not been told. */
  beginAt(id: string): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.begin(shown(id), this.#children.get(id) ?? []);
  }

  begin(head: string, links: readonly GraphLink[]): void {
    this.lines.push(escapeText(head));
    const open = pending(links, '');
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { link, prefix, isLast } = next;
      const below = this.#below(link);
      const seen = link.to !== undefined && this.#children.has(link.to) && below === undefined;
      const text = `${prefix}${isLast ? '└─ ' : '├─ '}${lineOf(link)}${seen ? ' …' : ''}`;
      this.lines.push(escapeText(text));
      if (below !== undefined) open.push(...pending(below, `${prefix}${isLast ? '   ' : '│  '}`));
    }
  }

  #below({ to }: GraphLink): readonly GraphLink[] | undefined {
    if (to === undefined || this.#told.has(to)) return undefined;
    this.#told.add(to);
    return this.#children.get(to);
  }
}

/** The first one last, as it is taken from the end. */
function pending(links: readonly GraphLink[], prefix: string): Pending[] {
  return links
    .map((link, index) => ({ link, prefix, isLast: index === links.length - 1 }))
    .toReversed();
}

function lineOf({ from, to, label, kind }: GraphLink): string {
  const target = to === undefined ? 'nobody' : shown(to);
  if (kind !== 'event') return `${kind} ${target}`;
  return from === undefined ? target : `${label} → ${target}`;
}

/** `flow:deploy` as `flow deploy`. */
function shown(id: string): string {
  return id.replace(':', ' ');
}
