import { messageOf } from '../../std/errors.ts';
import { escapeText } from '../../std/escape.ts';

/** How much of an expression a message shows, and of a reason, which may quote an event. */
const SHOWN_MAX = 60;
const REASON_LENGTH_MAX = 200;

/** The beginning of a text, on one line. */
export function excerpt(text: string, lengthMax = SHOWN_MAX): string {
  return escapeText(text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text);
}

/** What to write instead of what stands where an expression stops making sense. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^=(?!=)/, '; to compare, write "=="'],
  [/^(and|or)\b/, '; write "&&" for and, "||" for or'],
  [/^\$\{\{/, '; an expression stands here by itself, without "${{ }}"'],
  [/^["']/, '; a text must end with the quote that it begins with'],
];

/** Why a text is not an expression, from what the parser threw. */
export function explainSyntax(text: string, error: unknown): string {
  if (error instanceof RangeError) return 'it nests too deep; split it';
  const place = /^<input>:(\d+):(\d+): (.*)/.exec(messageOf(error));
  if (place === null) return messageOf(error);
  const [, line, column, reason = ''] = place;
  if (!reason.startsWith('found ')) return reason;
  const rest = text
    .split('\n')
    .slice(Number(line) - 1)
    .join('\n')
    .slice(Number(column) - 1);
  if (rest === '') return 'it ends too early';
  const remedy = REMEDIES.find(([pattern]) => pattern.test(rest))?.[1] ?? bracesRemedy(text, rest);
  return `it cannot be read from "${excerpt(rest)}" on${remedy}`;
}

/** What braces around the whole of it are taken for, the inside of a map, makes no sense. */
function bracesRemedy(text: string, rest: string): string {
  const isBraced = /^\s*\{/.test(text) && rest.startsWith('}');
  return isBraced ? '; an expression stands here by itself, without braces' : '';
}

/** Why an expression has no value, from what its evaluation threw. */
export function explainFailure(error: unknown, absent: readonly string[]): string {
  if (error instanceof RangeError) return 'it needs more memory than there is';
  const message = messageOf(error);
  if (message === 'unresolved attribute' && absent.length > 0) {
    return `${absent.map((name) => `"${name}"`).join(' and ')} has no value here`;
  }
  const field = /^field not found: (.*)/s.exec(message)?.[1];
  if (field !== undefined) {
    return `there is no "${excerpt(field)}"; test it by has(), or give a default by get()`;
  }
  const overload = /^found no matching overload for '(.*)' applied to '(.*)'$/s.exec(message);
  if (overload !== null) {
    const [, name = '', types = ''] = overload;
    return `${operator(name)} does not take ${types}`;
  }
  return excerpt(message, REASON_LENGTH_MAX);
}

/** `_+_` as a person writes it. */
function operator(name: string): string {
  const symbol = name.replaceAll('_', ' ').trim();
  return /^\w+$/.test(name) ? `${name}()` : `"${symbol.replace('@', '')}"`;
}
