import { describe, expect, test } from 'vitest';
import { type Column, paint, renderTable } from '../../src/cli/table.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

function terminalOf(width: number, color = false): Terminal {
  return {
    width,
    color,
    live: false,
    watched: false,
    open: true,
    print: async () => {},
    note: () => {},
  };
}

interface Row {
  readonly id: string;
  readonly text: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'ID', cell: ({ id }) => id, align: 'right' },
  { head: 'TEXT', cell: ({ text }) => text, shrinks: true },
];

describe('a table', () => {
  test('stands in columns as wide as their texts', () => {
    const rows = [
      { id: '1', text: 'one' },
      { id: '10', text: 'two' },
    ];
    expect(renderTable(rows, COLUMNS, terminalOf(Infinity))).toBe(
      ['ID  TEXT', ' 1  one', '10  two', ''].join('\n'),
    );
  });

  test('is no wider than the terminal, and only the columns that may shrink do', () => {
    const rows = [{ id: 'an-id-of-17-chars', text: 'a long text that does not fit' }];
    const lines = renderTable(rows, COLUMNS, terminalOf(40)).split('\n');
    expect(lines[1]).toMatch(/^an-id-of-17-chars {2}a long text .*…$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('is whole where it goes into a pipe', () => {
    const text = 'x'.repeat(500);
    expect(renderTable([{ id: '1', text }], COLUMNS, terminalOf(Infinity))).toContain(text);
  });

  test('shows what a user sent, and does not obey it', () => {
    const rows = [{ id: '1', text: '\u001b[2J\nforged' }];
    const lines = renderTable(rows, COLUMNS, terminalOf(Infinity)).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe(' 1  \\u001b[2J\\nforged');
  });
});

test('colours are for terminals that show them', () => {
  expect(paint('x', 'bad', { color: false })).toBe('x');
  expect(paint('x', 'bad', { color: true })).toBe('\u001b[31mx\u001b[39m');
  expect(paint('x', 'plain', { color: true })).toBe('x');
});
