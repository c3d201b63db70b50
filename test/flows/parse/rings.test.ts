import * as fc from '../../properties.ts';
import { expect, test } from 'vitest';
import { type Arc, findRings, type Graph, RINGS_MAX } from '../../../src/flows/parse/rings.ts';

/** The graph of some arcs, written `ab`: from a to b. */
function ringsOf(...written: readonly string[]): string[] {
  return findRings(arcsOf(written), graphOf(written)).map(({ ring }) => ring.join(''));
}

function arcsOf(written: readonly string[]): Arc[] {
  return written.map((arc) => ({ from: arc.charAt(0), to: arc.charAt(1) }));
}

function graphOf(written: readonly string[]): Graph {
  const graph = new Map<string, string[]>();
  for (const { from, to } of arcsOf(written)) graph.set(from, [...(graph.get(from) ?? []), to]);
  return graph;
}

test('each ring is found once, from the first of its arcs on', () => {
  expect(ringsOf('ab', 'bc')).toEqual([]);
  expect(ringsOf('aa')).toEqual(['aa']);
  expect(ringsOf('ab', 'bc', 'ca')).toEqual(['abca']);
  expect(ringsOf('xa', 'ab', 'ba', 'by', 'yz')).toEqual(['aba']);
  expect(ringsOf('ab', 'ba', 'bc', 'cb')).toEqual(['aba', 'bcb']);
  expect(ringsOf('ab', 'ba', 'bc', 'cd', 'dc')).toEqual(['aba', 'cdc']);
});

test('of several ways back the shortest is told', () => {
  expect(ringsOf('ab', 'bc', 'cd', 'da', 'ba')).toEqual(['aba', 'bcdab']);
});

test('only rings are looked for that the given arcs are on', () => {
  const graph = graphOf(['ab', 'ba', 'cd', 'dc']);
  expect(findRings(arcsOf(['cd', 'ac']), graph)).toEqual([
    { arc: { from: 'c', to: 'd' }, ring: ['c', 'd', 'c'] },
  ]);
});

test('a chain of a hundred thousand is no matter, and a ring as long is found', () => {
  const length = 100_000;
  const nodes = Array.from({ length }, (_, index) => String(index));
  const graph = new Map(nodes.map((node, index) => [node, [String(index + 1)]]));
  const arcs = nodes.map((from, index) => ({ from, to: String(index + 1) }));
  expect(findRings(arcs, graph)).toEqual([]);
  graph.set(String(length - 1), ['0']);
  const found = findRings(arcs, graph);
  expect(found.map(({ ring }) => ring.length)).toEqual([length + 1]);
});

test('no more rings are looked for than anybody reads', () => {
  const nodes = Array.from({ length: RINGS_MAX + 50 }, (_, index) => String(index));
  const graph = new Map(nodes.map((node) => [node, [node]]));
  expect(
    findRings(
      nodes.map((node) => ({ from: node, to: node })),
      graph,
    ),
  ).toHaveLength(RINGS_MAX);
});

/** Whether a way leads from one node to another, by asking every node in turn. */
function leads(graph: Graph, from: string, to: string): boolean {
  const reached = new Set(graph.get(from));
  for (const node of reached) for (const next of graph.get(node) ?? []) reached.add(next);
  return reached.has(to);
}

const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const graphs = fc.array(
  fc.tuple(node, node).map((arc) => arc.join('')),
  { maxLength: 20 },
);

test('an arc is on a ring that is told if and only if its end leads back to its beginning', () => {
  fc.assert(
    fc.property(graphs, (written) => {
      const graph = graphOf(written);
      const rings = findRings(arcsOf(written), graph).map(({ ring }) => ring.join(''));
      for (const arc of written) {
        const [from = '', to = ''] = arc;
        const onRing = from === to || leads(graph, to, from);
        expect(rings.some((ring) => ring.includes(arc))).toBe(onRing);
      }
      for (const ring of rings) {
        expect(ring.at(0)).toBe(ring.at(-1));
        for (let at = 1; at < ring.length; at++)
          expect(written).toContain(ring.slice(at - 1, at + 1));
      }
    }),
    { numRuns: 500 },
  );
});
