/** How long what is kept, and how much of it. */
export interface RetentionPolicy {
  /** How long events are kept, and all that came of them, in milliseconds; undefined: for good. */
  readonly events?: number | undefined;
  /** How long what people decided is kept; at least as long as events. */
  readonly decisions: number;
  /** What the store may take up in bytes, whatever the ages; undefined: anything. */
  readonly size?: number | undefined;
  /** The folder that what is cut is written into first; undefined: nowhere. */
  readonly archive?: string | undefined;
}

/** Kept for good: what was in force, without which nothing later can be understood. */
export const FOR_GOOD = Number.MAX_SAFE_INTEGER;

const IN_FORCE: ReadonlySet<string> = new Set([
  'catalog.activated',
  'flow.paused',
  'flow.resumed',
  'log.restored',
]);
const DECISIONS: ReadonlySet<string> = new Set([
  'catalog.refused',
  'dead_letter.retried',
  'dead_letter.dropped',
  'event.erased',
  'log.trimmed',
]);
/** What the decisions of people begin with that other parts record. */
const DECIDED = /^(?:proposal|autonomy|people|token|incident)\./;

/** Until when a record is kept that is cut with the others; undefined where it goes with them. */
export function keptUntil(
  record: { readonly type: string; readonly source: string | null; readonly received: number },
  policy: RetentionPolicy,
): number | undefined {
  if (record.source !== null) return undefined;
  if (IN_FORCE.has(record.type)) return FOR_GOOD;
  const isDecision = DECISIONS.has(record.type) || DECIDED.test(record.type);
  return isDecision ? record.received + policy.decisions : undefined;
}

/** Records that were received before this may be cut; undefined where none may. */
export function cutBefore(
  policy: RetentionPolicy,
  { now, used }: { readonly now: number; readonly used: number },
): number | undefined {
  // A budget goes before an age: what is over it is cut as soon as nothing needs it.
  if (policy.size !== undefined && used > policy.size) return now;
  return policy.events === undefined ? undefined : now - policy.events;
}
