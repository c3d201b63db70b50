import { OWN_EVENT_VERSIONS } from '../../events/own-types.ts';
import type { Mentions, TypeMention } from './context.ts';

/**
 * Warns of event types that are nearly another: an emitted one that nothing listens to beside one
 * that is listened to, and a listened one beside one of ours. Types are compared exactly, so a slip
 * of one letter, of case or of a separator would otherwise go unnoticed. What sources tell (`told`)
 * is not nearly another.
 */
export function reportNearMisses({ emitted, listened }: Mentions, told: ReadonlySet<string>): void {
  const exact = new Set(listened.map(({ type }) => type));
  const prefixes = [...exact].filter((type) => type.length > 1 && type.endsWith('*'));
  const heard = (type: string): boolean =>
    exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix.slice(0, -1)));
  warn(
    emitted.filter(({ type }) => !heard(type)),
    new NearIndex([...exact].filter((type) => !type.endsWith('*'))),
    'nothing listens to',
  );
  const made = new Set<string>([
    ...Object.keys(OWN_EVENT_VERSIONS),
    ...emitted.map(typeOf),
    ...told,
  ]);
  warn(
    listened.filter(({ type }) => !made.has(type) && !type.endsWith('*')),
    new NearIndex(Object.keys(OWN_EVENT_VERSIONS)),
    'Signalbox itself never records',
  );
}

function typeOf({ type }: TypeMention): string {
  return type;
}

function warn(mentions: readonly TypeMention[], index: NearIndex, what: string): void {
  for (const { type, at, report } of mentions) {
    const near = index.find(type);
    if (near === undefined) continue;
    const message = `${what} "${type}", but there is "${near}"; is it meant?`;
    report({ at, severity: 'warning', code: 'config.near_miss', message });
  }
}

/**
 * Finds the type that another nearly equals, among ten thousand as fast as among ten: two words
 * that differ by one letter have a shortened form in common.
 */
class NearIndex {
  readonly #byForm = new Map<string, string>();

  constructor(types: Iterable<string>) {
    for (const type of types) {
      for (const form of formsOf(type)) if (!this.#byForm.has(form)) this.#byForm.set(form, type);
    }
  }

  find(type: string): string | undefined {
    for (const form of formsOf(type)) {
      const near = this.#byForm.get(form);
      if (near !== undefined && !isNumbered(near, type)) return near;
    }
    return undefined;
  }
}

/** Shorter words differ by one letter from far too many others. */
const WORD_LENGTH_MIN = 4;

/** The word without case and separators, and each word that lacks one of its letters. */
function formsOf(type: string): string[] {
  const word = type.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  if (word.length < WORD_LENGTH_MIN) return [word];
  return [word, ...Array.from(word, (_, index) => word.slice(0, index) + word.slice(index + 1))];
}

/** `build.1` and `build.2` are no slip of each other. */
function isNumbered(a: string, b: string): boolean {
  const bare = (type: string): string => type.replace(/\d+/g, '');
  return a !== b && bare(a) === bare(b);
}
