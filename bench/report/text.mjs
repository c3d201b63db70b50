// @ts-check
import { verdictOf } from './line.mjs';

/**
 * @import {
 *   Line,
 *   Unit
 * } from './line.mjs'
 */

const LABEL_WIDTH = 52;

/**
 * A row as people read it: its title, and a line for each figure.
 *
 * @param {{ key: string; title: string; lines: readonly Line[] }} row
 */
export function rowText({ key, title, lines }) {
  return [`${key.padStart(4)}  ${title}`, ...lines.map(lineText)].join('\n');
}

/** @param {Line} line */
function lineText(line) {
  const { label, durability, figure, unit, ratio, target } = line;
  const who = durability === undefined ? label : `${label} (${durability})`;
  const cells = [
    `      ${who.padEnd(LABEL_WIDTH)}`,
    figureText(figure, unit).padStart(11),
    (ratio === undefined ? '' : `${numberText(ratio)} x`).padStart(9),
  ];
  if (target !== undefined) {
    const of = ratio === undefined ? unit : 'x';
    const { floor, goal } = target;
    cells.push(`  floor ${figureText(floor, of)}`.padEnd(18));
    cells.push((goal === undefined ? '' : `goal ${figureText(goal, of)}`).padEnd(15));
    cells.push(verdictOf(line) ?? '');
  }
  return cells.join(' ').trimEnd();
}

/**
 * @param {number} figure
 * @param {Unit} unit
 */
function figureText(figure, unit) {
  if (unit === '/s') return figure < 1_000 ? `${figure.toFixed(0)}/s` : `${thousands(figure)}k/s`;
  return unit === 'B' ? `${figure.toFixed(0)} B` : `${numberText(figure)} ${unit}`;
}

/** @param {number} figure */
function thousands(figure) {
  return (figure / 1_000).toFixed(1);
}

/** @param {number} value */
function numberText(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
