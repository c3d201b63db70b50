import { messageOf } from '../../std/errors.ts';
import type { PlacedProblem } from './yaml-document.ts';

/** What makes a text that can be read as YAML no JSON; nothing where it is JSON, or empty. */
export function jsonProblems(text: string): readonly PlacedProblem[] {
  if (text.trim() === '') return [];
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const rules = 'it has no comments, quotes each key, and has no comma before a } or ]';
    const message = `this is no JSON: ${rules}; correct it, or end the file's name in .yaml`;
    return [{ code: 'config.syntax', message, at: placeOf(text, messageOf(error)) }];
  }
}

/** The place that the engine's message names; where it names none, that of a comma too many. */
function placeOf(text: string, message: string): number {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  return position === undefined ? Math.max(0, text.search(/,\s*[\]}]/)) : Number(position);
}
