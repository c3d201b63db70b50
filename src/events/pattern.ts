/**
 * Which events something listens to, by their attributes alone.
 *
 * `event` is a type, compared exactly, or a prefix such as `git.*` that stands for every type below
 * it; `*` is every type. `source` and `subject` follow the same rules. All that are given must
 * match.
 */
export interface Pattern {
  readonly event: string;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
}

/** The attributes of an event that patterns look at. */
export interface Matchable {
  readonly type: string;
  readonly source: string;
  readonly subject?: string | undefined;
}

/** Whether the pattern takes the event. An event without a subject has an empty one. */
export function matches(pattern: Pattern, event: Matchable): boolean {
  return (
    matchesText(pattern.event, event.type) &&
    (pattern.source === undefined || matchesText(pattern.source, event.source)) &&
    (pattern.subject === undefined || matchesText(pattern.subject, event.subject ?? ''))
  );
}

/** `*` alone, a text, or a text that ends in `*`: `git.*`, `webhook:*`, `refs/heads/*`. */
export function matchesText(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

/** Why a pattern is refused; undefined where it is fine. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'is empty; name an event type, such as "git.pushed"';
  const star = pattern.indexOf('*');
  if (star !== -1 && star !== pattern.length - 1) {
    return 'holds a "*" before its end; only a last "*" is allowed, as in "git.*"';
  }
  return undefined;
}
