import { escapeText } from '../std/escape.ts';
import { type GraphLink, linksOf, shownNodes } from './graph-links.ts';
import type { GraphNode, GraphView } from './graph-view.ts';

/** How a language for pictures writes a graph. */
interface Language {
  readonly begin: string;
  readonly end: readonly string[];
  readonly node: (id: string, node: GraphNode) => string;
  /** Somebody outside, or nobody. */
  readonly stranger: (id: string, text: string) => string;
  readonly link: (from: string, to: string, link: GraphLink) => string;
}

/** The graph for Mermaid: events are arrows. Text of users is inert in it. */
export function toMermaid(graph: GraphView): string {
  return draw(graph, MERMAID);
}

/** The graph for Graphviz: events are arrows. Text of users is inert in it. */
export function toDot(graph: GraphView): string {
  return draw(graph, DOT);
}

const OUTSIDE = 'outside';
const NOBODY = 'nobody';

function draw(graph: GraphView, language: Language): string {
  const nodes = shownNodes(graph);
  const links = linksOf(graph);
  // Names of our own, since those of users may mean something to the language.
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index + 1}`]));
  const lines = [
    language.begin,
    ...nodes.map((node) => language.node(ids.get(node.id) ?? '', node)),
    ...(links.some(({ from }) => from === undefined) ? [language.stranger(OUTSIDE, OUTSIDE)] : []),
    ...(links.some(({ to }) => to === undefined) ? [language.stranger(NOBODY, NOBODY)] : []),
    ...links.map((link) => {
      const from = link.from === undefined ? OUTSIDE : (ids.get(link.from) ?? OUTSIDE);
      const to = link.to === undefined ? NOBODY : (ids.get(link.to) ?? NOBODY);
      return language.link(from, to, link);
    }),
    ...language.end,
  ];
  return `${lines.join('\n')}\n`;
}

const MERMAID_SHAPES: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  source: ['[/', '/]'],
  event: ['(', ')'],
  choreography: ['{{', '}}'],
  flow: ['[', ']'],
  tool: ['[[', ']]'],
};

const MERMAID: Language = {
  begin: 'flowchart LR',
  end: [],
  node: (id, { kind, name }) => {
    const [open, close] = MERMAID_SHAPES[kind];
    return `  ${id}${open}${mermaidText(`${kind} ${name}`)}${close}`;
  },
  stranger: (id, text) => `  ${id}((${mermaidText(text)}))`,
  link: (from, to, { label, kind }) =>
    `  ${from} ${kind === 'event' ? '-->' : '-.->'}|${mermaidText(label)}| ${to}`,
};

/** A text in quotation marks in which all that is not plain is written by its number. */
function mermaidText(text: string): string {
  const inert = Array.from(escapeText(text), (char) =>
    /[\p{L}\p{N} _.:,/*-]/u.test(char) ? char : `#${char.codePointAt(0)};`,
  );
  return `"${inert.join('')}"`;
}

const DOT_SHAPES: Readonly<Record<GraphNode['kind'], string>> = {
  source: 'parallelogram',
  event: 'ellipse',
  choreography: 'hexagon',
  flow: 'box',
  tool: 'component',
};

const DOT: Language = {
  begin: 'digraph signalbox {\n  rankdir=LR;',
  end: ['}'],
  node: (id, { kind, name }) =>
    `  ${id} [shape=${DOT_SHAPES[kind]}, label=${dotText(`${kind} ${name}`)}];`,
  stranger: (id, text) => `  ${id} [shape=circle, label=${dotText(text)}];`,
  link: (from, to, { label, kind }) =>
    `  ${from} -> ${to} [label=${dotText(label)}${kind === 'event' ? '' : ', style=dashed'}];`,
};

/** A quoted text: what the language would read in it, such as a backslash, stands for itself. */
function dotText(text: string): string {
  return `"${escapeText(text).replace(/[\\"]/g, '\\$&')}"`;
}
