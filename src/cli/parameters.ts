import { parseId } from '../events/ids.ts';
import { suggestion } from '../std/diagnostics.ts';
import { isStore, STORE_FORM } from '../store/postgres/database-url.ts';

/** Takes a word as it is. */
export function parseText(input: string): string {
  return input;
}

/** @throws Error where the word is no whole number from 1 up. */
export function parseCount(input: string): number {
  if (!/^[1-9]\d{0,8}$/.test(input)) throw new Error('it is no whole number from 1 to 999999999');
  return Number(input);
}

/** @throws Error where the word is no whole number from 0 up. */
export function parseSeq(input: string): number {
  if (!/^\d{1,15}$/.test(input)) throw new Error('it is no whole number');
  return Number(input);
}

/** @throws Error where the word is no port. */
export function parsePort(input: string): number {
  const port = /^\d{1,5}$/.test(input) ? Number(input) : Number.NaN;
  if (!(port <= 65_535)) throw new Error('it is no port from 0 to 65535');
  return port;
}

/** @throws Error where the word does not say where a log lies. */
export function parseStore(input: string): string {
  if (!isStore(input)) throw new Error(`it is not ${STORE_FORM}`);
  return input;
}

/** A count where a command's name could also stand: what is neither gets the nearest name told. */
export function parseCountBeside(names: readonly string[]): (input: string) => number {
  return (input) => {
    if (/^\d/.test(input)) return parseCount(input);
    throw new Error(
      `it is neither a number nor one of ${names.join(', ')}${suggestion(input, names)}`,
    );
  };
}

/** An id of ours where a command's name could also stand. */
export function parseIdBeside(names: readonly string[]): (input: string) => string {
  return (input) => {
    if (parseId(input) !== undefined) return input;
    throw new Error(
      `it is neither an id nor one of ${names.join(', ')}${suggestion(input, names)}`,
    );
  };
}
