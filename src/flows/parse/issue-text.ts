import type { core } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';

/** What the schemas call the kinds of values, in the words of those who write them. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
  ['null', 'nothing'],
]);

/** What an issue of a schema says about a value, which its sentence calls `subject`. */
export function issueText(issue: core.$ZodIssue, subject: string): string {
  const reason = issue.message
    .replace(/^Invalid (input|option): /, '')
    .replaceAll(/\b(?:expected|received) \w+(?: or \w+)*/g, (phrase) =>
      phrase.replaceAll(/\w+/g, (word) => KINDS.get(word) ?? word),
    );
  const missing = reason.replace(/, received undefined$/, '');
  if (missing !== reason) return `${subject} is missing: ${missing}`;
  return `${subject}: ${lowerFirst(reason)}${meantValue(issue)}`;
}

/** The one of the allowed words that a wrong one was probably meant to be. */
function meantValue(issue: core.$ZodIssue): string {
  if (issue.code !== 'invalid_value' || typeof issue.input !== 'string') return '';
  return suggestion(issue.input, issue.values.map(String));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
