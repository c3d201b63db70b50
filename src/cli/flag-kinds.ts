import { parseCount, parseText } from './parameters.ts';

/** A flag that takes a text. */
export const TEXT = { kind: 'parsed', parse: parseText, optional: true } as const;
/** The flag of those that read the configuration's files. */
export const PROFILE = { ...TEXT, placeholder: 'NAME', brief: 'Lay this profile over it' } as const;
/** A flag that takes a number from 1 up. */
export const COUNT = {
  kind: 'parsed',
  parse: parseCount,
  optional: true,
  placeholder: 'N',
} as const;
/** A flag that is given or not. */
export const SWITCH = { kind: 'boolean', optional: true, withNegated: false } as const;

/** One id as the only word. */
export function oneId(brief: string) {
  return { kind: 'tuple', parameters: [{ parse: parseText, placeholder: 'ID', brief }] } as const;
}
