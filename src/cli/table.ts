import Table from 'cli-table3';
import picocolors from 'picocolors';
import { escapeText } from '../std/escape.ts';
import type { Terminal } from './terminal.ts';

/** A column of a table. Its texts are escaped here: a cell may hold whatever a user sent. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'right';
  /** Gives way where the line is too narrow; the others keep their width. */
  readonly shrinks?: boolean;
  /** Marks a row's cell, such as a failed state. */
  readonly tone?: (row: Row) => Tone;
}

export type Tone = 'plain' | 'good' | 'bad' | 'busy' | 'dim';

/** The narrowest that a shrinking column becomes, in characters. */
const SHRUNK_MIN = 8;
const GAP = 2;
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** The rows under their headings, no wider than the terminal, with a newline at the end. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Pick<Terminal, 'width' | 'color'>,
): string {
  const texts = rows.map((row) => columns.map((column) => escapeText(column.cell(row))));
  const heads = columns.map((column) => column.head);
  const widths = fit(naturalWidths([heads, ...texts]), columns, terminal.width);
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: widths.map((width) => width + GAP),
  });
  table.push(heads.map((head) => paint(head, 'dim', terminal)));
  for (const [i, row] of rows.entries()) {
    table.push(
      columns.map((column, j) =>
        paint(texts[i]?.[j] ?? '', column.tone?.(row) ?? 'plain', terminal),
      ),
    );
  }
  return `${table.toString().replaceAll(/ +$/gm, '')}\n`;
}

/** The text in the colour of its meaning, where the terminal shows colours. */
export function paint(text: string, tone: Tone, terminal: Pick<Terminal, 'color'>): string {
  const colors = picocolors.createColors(terminal.color);
  switch (tone) {
    case 'good':
      return colors.green(text);
    case 'bad':
      return colors.red(text);
    case 'busy':
      return colors.yellow(text);
    case 'dim':
      return colors.dim(text);
    case 'plain':
      return text;
  }
}

function naturalWidths(lines: readonly (readonly string[])[]): number[] {
  const [first = []] = lines;
  return first.map((_, j) => Math.max(...lines.map((line) => (line[j] ?? '').length)));
}

function fit<Row>(
  widths: readonly number[],
  columns: readonly Column<Row>[],
  lineWidth: number,
): number[] {
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - lineWidth;
  return widths.map((width, j) => {
    if (excess <= 0 || columns[j]?.shrinks !== true) return width;
    const shrunk = Math.max(SHRUNK_MIN, width - excess);
    excess -= Math.max(0, width - shrunk);
    return Math.min(width, shrunk);
  });
}
