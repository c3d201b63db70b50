import { escapeText, toJsonLine } from '../std/escape.ts';
import type { Terminal } from './terminal.ts';

/** JSON over several lines, in which no character does anything to a terminal. */
export function toJsonLines(value: unknown): string[] {
  // In JSON's layout only newlines are raw, and our escapes are JSON's: it stays the same value.
  return JSON.stringify(value, null, 2).split('\n').map(escapeText);
}

/** Prints one JSON document over several lines. */
export function printDocument(terminal: Terminal, value: unknown): Promise<void> {
  return terminal.print(`${toJsonLines(value).join('\n')}\n`);
}

/** Prints one line of JSON lines. */
export function printJsonLine(terminal: Terminal, value: unknown): Promise<void> {
  return terminal.print(`${toJsonLine(value)}\n`);
}

/** The lines of a text from outside, each of them escaped. */
export function escapeLines(text: string): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(escapeText);
}

/** A local time to the millisecond, as a person compares it with their clock. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `1 event`, `2 events`; thousands are set apart. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** The lines, moved to the right. */
export function indent(lines: readonly string[], by = 2): string[] {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`));
}

/** Names and values in two columns; what has no value is left out. */
export function describePairs(
  pairs: readonly (readonly [string, string | null | undefined])[],
): string[] {
  const given = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${escapeText(value ?? '')}`);
}
