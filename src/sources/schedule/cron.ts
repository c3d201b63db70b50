import { CronPattern } from 'croner';
import { didYouMean } from '../../std/diagnostics.ts';
import { CRON_OPTIONS, cronOccurrences } from './occurrences.ts';

/** The longest cron that is read. */
const CRON_LENGTH_MAX = 256;

/** The names that stand for a whole cron. */
const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/** A field of a cron: what it says, what may stand there, and the names that it knows. */
interface Field {
  readonly name: string;
  readonly takes: string;
  readonly words: readonly string[];
}

const SECOND: Field = { name: 'second', takes: '0-59', words: [] };
const FIELDS: readonly Field[] = [
  { name: 'minute', takes: '0-59', words: [] },
  { name: 'hour', takes: '0-23', words: [] },
  { name: 'day of the month', takes: '1-31 or L', words: [] },
  { name: 'month', takes: '1-12 or JAN-DEC', words: MONTHS },
  { name: 'weekday', takes: '0-7 or SUN-SAT', words: WEEKDAYS },
];

/** What is wrong with a cron, and what to do about it; undefined where it is fine. */
export function cronProblem(cron: string): string | undefined {
  if (cron.length > CRON_LENGTH_MAX) return `a cron has at most ${CRON_LENGTH_MAX} characters`;
  const written = cron.trim().split(/\s+/);
  const problem = cron.trim().startsWith('@')
    ? nicknameProblem(cron.trim())
    : fieldsProblem(written);
  if (problem !== undefined) return problem;
  const comes = cronOccurrences(cron, 'UTC').after(0) !== undefined;
  return comes ? undefined : `"${cron}" never comes: no month that it names has such a day`;
}

function nicknameProblem(name: string): string | undefined {
  if (NICKNAMES.includes(name.toLowerCase())) return undefined;
  const meant = didYouMean(name, NICKNAMES);
  const tail =
    meant === undefined ? `there are ${NICKNAMES.join(', ')}` : `did you mean "${meant}"?`;
  return `"${name}" is no name of a cron; ${tail}`;
}

function fieldsProblem(written: readonly string[]): string | undefined {
  const fields = written.length === 6 ? [SECOND, ...FIELDS] : FIELDS;
  if (written.length === fields.length) {
    return fields.map((field, index) => fieldProblem(field, { written, index })).find(Boolean);
  }
  const names = FIELDS.map(({ name }) => name).join(', ');
  const given = written.length === 1 ? '1 field' : `${written.length} fields`;
  return `has ${given}; a cron has 5 (${names}), or 6 with the second before them`;
}

/** Reads one field alone, every other one being `*`. */
function fieldProblem(
  { name, takes, words }: Field,
  { written, index }: { readonly written: readonly string[]; readonly index: number },
): string | undefined {
  const text = written[index] ?? '';
  if (isReadable(written.map((_, other) => (other === index ? text : '*')))) return undefined;
  const meant = meantBy(text, words);
  const remedy = meant === undefined ? '' : `, did you mean "${meant}"?`;
  const forms = `${takes}, or "*", "1-5", "*/2", "1,15"`;
  return `the ${name} "${text}" cannot be read${remedy}; write ${forms}`;
}

function isReadable(fields: readonly string[]): boolean {
  try {
    return new CronPattern(fields.join(' '), undefined, CRON_OPTIONS).pattern !== '';
  } catch {
    return false;
  }
}

/** The name that a word in the field was probably meant to be. */
function meantBy(text: string, words: readonly string[]): string | undefined {
  const unknown = text
    .split(/[^a-z]+/i)
    .find((word) => word.length > 1 && !words.includes(word.toUpperCase()));
  if (unknown === undefined || words.length === 0) return undefined;
  // Whoever writes a name in full means its first letters.
  const first = words.find((word) => unknown.toUpperCase().startsWith(word));
  return first ?? didYouMean(unknown, words);
}
