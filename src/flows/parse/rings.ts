/** What each node of a graph leads to. Nodes without an entry lead nowhere. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** A step from one node to another. */
export interface Arc {
  readonly from: string;
  readonly to: string;
}

/** A closed way: it begins and ends with the same node. */
export type Ring = readonly string[];

/** An arc, and the shortest ring that it is on. */
export interface Found<A extends Arc> {
  readonly arc: A;
  readonly ring: Ring;
}

/** How many rings are looked for: each is a search of its own. */
export const RINGS_MAX = 100;

/**
 * Finds the rings of a graph that some of its arcs are on, at most `RINGS_MAX`: each with the first
 * of its arcs. An arc that is on a ring found before is told no more.
 */
export function findRings<A extends Arc>(arcs: readonly A[], graph: Graph): readonly Found<A>[] {
  const group = groupsOf(graph);
  const told = new Set<string>();
  const found: Found<A>[] = [];
  for (const arc of arcs) {
    if (found.length === RINGS_MAX) break;
    // Nodes that lead to each other are of one group: only there is a way back.
    if (group.get(arc.from) !== group.get(arc.to) || told.has(nameOf(arc.from, arc.to))) continue;
    const ring = [arc.from, ...shortestWay(arc.to, arc.from, { graph, group })];
    for (const [index, node] of ring.entries()) told.add(nameOf(node, ring[index + 1] ?? ''));
    found.push({ arc, ring });
  }
  return found;
}

function arcsFrom(graph: Graph, node: string): readonly string[] {
  return graph.get(node) ?? [];
}

function nameOf(from: string, to: string): string {
  return `${from}\0${to}`;
}

interface Search {
  readonly graph: Graph;
  readonly group: ReadonlyMap<string, number>;
}

/** The nodes from one to another of its group, both included. */
function shortestWay(from: string, to: string, { graph, group }: Search): string[] {
  const cameFrom = new Map<string, string>();
  const seen = new Set([from]);
  for (const node of seen) {
    if (node === to) break;
    for (const next of arcsFrom(graph, node)) {
      if (seen.has(next) || group.get(next) !== group.get(to)) continue;
      seen.add(next);
      cameFrom.set(next, node);
    }
  }
  const way = [];
  for (let node: string | undefined = to; node !== undefined; node = cameFrom.get(node)) {
    way.push(node);
  }
  return way.toReversed();
}

/** The strongly connected components, by Tarjan, without recursion: a chain may be long. */
function groupsOf(graph: Graph): ReadonlyMap<string, number> {
  const walk = new Walk(graph);
  for (const node of graph.keys()) walk.from(node);
  return walk.groups;
}

/** A node under way, and how many of those that it leads to have been looked at. */
interface Visit {
  readonly node: string;
  readonly number: number;
  /** The lowest number that it leads back to. */
  low: number;
  looked: number;
}

class Walk {
  /** The groups by node, by the number of the node that was met first. */
  readonly groups = new Map<string, number>();
  readonly #graph: Graph;
  readonly #visits = new Map<string, Visit>();
  /** Those met whose group is not known yet, in the order in which they were met. */
  readonly #open: string[] = [];
  readonly #way: Visit[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  from(root: string): void {
    if (this.#visits.has(root)) return;
    this.#enter(root);
    for (let visit = this.#way.at(-1); visit !== undefined; visit = this.#way.at(-1)) {
      const next = arcsFrom(this.#graph, visit.node)[visit.looked++];
      if (next === undefined) this.#leave(visit);
      else this.#look(visit, next);
    }
  }

  #enter(node: string): void {
    const number = this.#visits.size;
    const visit = { node, number, low: number, looked: 0 };
    this.#visits.set(node, visit);
    this.#open.push(node);
    this.#way.push(visit);
  }

  #look(visit: Visit, next: string): void {
    const met = this.#visits.get(next);
    if (met === undefined) this.#enter(next);
    else if (!this.groups.has(next)) visit.low = Math.min(visit.low, met.number);
  }

  #leave(visit: Visit): void {
    this.#way.pop();
    const parent = this.#way.at(-1);
    if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
    if (visit.low < visit.number) return;
    for (const node of this.#open.splice(this.#open.lastIndexOf(visit.node))) {
      this.groups.set(node, visit.number);
    }
  }
}
