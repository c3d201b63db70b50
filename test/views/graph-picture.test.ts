import { describe, expect, test } from 'vitest';
import { toDot, toMermaid } from '../../src/views/graph-picture.ts';
import { treeLines } from '../../src/views/graph-tree.ts';
import type { GraphEdge, GraphNode, GraphView } from '../../src/views/graph-view.ts';

/** `flow:a -emits> event:b` and so on, as a graph. */
function graph(...lines: readonly string[]): GraphView {
  const edges = lines.map((line): GraphEdge => {
    const [from = '', kind = '', to = '', rule] = line.split(' ');
    return { from, to, kind: kind as GraphEdge['kind'], ...(rule === undefined ? {} : { rule }) };
  });
  const ids = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = Array.from(ids, (id): GraphNode => {
    const [kind = '', ...name] = id.split(':');
    return { id, kind: kind as GraphNode['kind'], name: name.join(':') };
  });
  return { nodes, edges };
}

const STORY = graph(
  'source:hooks hands flow:look',
  'flow:look emits event:seen',
  'event:seen starts choreography:c 1',
  'choreography:c emits event:asked 1',
  'event:asked.* starts flow:none',
  'event:as* starts flow:work',
  'flow:work calls tool:t',
  'tool:t emits event:done',
  'event:done starts choreography:c two',
  'choreography:c emits event:nobody 2',
  'event:later continues flow:work',
);

describe('the graph as text', () => {
  test('shows below who begins what it leads to, and nothing twice', () => {
    expect(treeLines(STORY)).toEqual([
      'source hooks',
      '└─ hands flow look',
      '   └─ seen → choreography c, rule 1',
      '      └─ asked → flow work',
      '         └─ calls tool t',
      '            └─ done → choreography c, rule two',
      'choreography c, rule 2',
      '└─ nobody → nobody',
      'asked.*',
      '└─ flow none',
      'later',
      '└─ flow work …',
    ]);
  });

  test('ends where a ring comes back to itself', () => {
    const ring = graph(
      'event:a starts flow:a',
      'flow:a emits event:b',
      'event:b starts flow:b',
      'flow:b emits event:a',
      'flow:a emits event:self',
      'event:self starts flow:a',
    );
    expect(treeLines(ring)).toEqual([
      'flow a',
      '├─ b → flow b',
      '│  └─ a → flow a …',
      '└─ self → flow a …',
    ]);
    expect(treeLines({ nodes: [], edges: [] })).toEqual([]);
  });

  test('shows what a name does to a terminal, and does not do it', () => {
    const [head] = treeLines(graph('event:\u001b[31mred\u202e starts flow:a'));
    expect(head).toBe('\\u001b[31mred\\u202e');
  });
});

describe('the graph as a picture', () => {
  test('is Mermaid, with events as arrows', () => {
    expect(toMermaid(STORY)).toBe(
      [
        'flowchart LR',
        '  n1[/"source hooks"/]',
        '  n2["flow look"]',
        '  n3{{"choreography c"}}',
        '  n4["flow none"]',
        '  n5["flow work"]',
        '  n6[["tool t"]]',
        '  outside(("outside"))',
        '  nobody(("nobody"))',
        '  n1 -.->|"hands"| n2',
        '  n2 -->|"seen"| n3',
        '  n3 -->|"asked"| n5',
        '  outside -->|"asked.*"| n4',
        '  n5 -.->|"calls"| n6',
        '  n6 -->|"done"| n3',
        '  n3 -->|"nobody"| nobody',
        '  outside -->|"later"| n5',
        '',
      ].join('\n'),
    );
  });

  test('is DOT, with events as arrows', () => {
    expect(toDot(STORY).split('\n')).toEqual(
      expect.arrayContaining([
        'digraph signalbox {',
        '  n3 [shape=hexagon, label="choreography c"];',
        '  outside [shape=circle, label="outside"];',
        '  n1 -> n2 [label="hands", style=dashed];',
        '  n2 -> n3 [label="seen"];',
        '}',
      ]),
    );
    expect(toDot(graph('event:a starts flow:b', 'flow:b emits event:a'))).not.toContain('outside');
  });

  test('takes no text of a user for its own language', () => {
    const hostile = graph('event:x"];evil--> starts flow:a\\"|end|');
    expect(toMermaid(hostile)).toContain('|"x#34;#93;#59;evil--#62;"|');
    expect(toMermaid(hostile)).toContain('["flow a#92;#34;#124;end#124;"]');
    expect(toDot(hostile)).toContain('[label="x\\"];evil-->"]');
    expect(toDot(hostile)).toContain('label="flow a\\\\\\"|end|"');
  });
});
