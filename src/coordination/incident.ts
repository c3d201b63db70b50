import type { Attribution } from '../events/attribution.ts';

/** How grave it is, the least first. */
export const LEVELS = ['green', 'yellow', 'orange', 'red', 'emergency'] as const;
export type Level = (typeof LEVELS)[number];

/** `acknowledged`: somebody takes care of it. The last two are ends. */
export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved', 'false_alarm'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** Something that is wrong and that a person is to know of, as its records say it. */
export interface Incident {
  /** The same thing has the same key: of one key one incident is open. */
  readonly key: string;
  readonly subject: string;
  readonly reason: string;
  readonly level: Level;
  readonly state: IncidentState;
  /** How often it happened. */
  readonly count: number;
  /** Times in engine time. */
  readonly opened: number;
  readonly acknowledged: number | null;
  readonly ended: number | null;
  /** When it is escalated where nobody has acknowledged it by then; null for never. */
  readonly due: number | null;
}

/** What the records of an incident say, by their types. */
export type IncidentEvent =
  | ({ readonly type: 'incident.opened' } & Named & { readonly event: string | null })
  | ({ readonly type: 'incident.recurred' } & Named & {
        readonly count: number;
        readonly event: string | null;
      })
  | ({ readonly type: 'incident.acknowledged' } & Named & Word)
  | ({ readonly type: 'incident.escalated' } & Named)
  | ({ readonly type: 'incident.resolved' } & Named &
      Word & { readonly false_alarm: boolean; readonly resolution_ms: number });

/** What each of its records tells, so that a flow that answers one needs no other. */
interface Named {
  readonly key: string;
  readonly subject: string;
  readonly level: Level;
  readonly reason: string;
}

/** Somebody's word about it. */
interface Word extends Attribution {
  readonly note: string | null;
}

/** How long each level waits for somebody to acknowledge it before it is escalated. */
const PATIENCE_MS: Readonly<Record<Level, number | null>> = {
  green: null,
  yellow: null,
  orange: 3_600_000,
  red: 900_000,
  emergency: 300_000,
};

/** Other words for these: what the documents call them. */
const WORDS: ReadonlyMap<string, Level> = new Map([
  ['low', 'green'],
  ['normal', 'green'],
  ['medium', 'yellow'],
  ['warning', 'yellow'],
  ['high', 'orange'],
  ['critical', 'red'],
  ['crisis', 'red'],
]);

/**
 * The level that a text names, in any case of letters: of several the gravest, and `red` where it
 * names none, since an alarm is not lost to a typo.
 */
export function levelOf(text: string): Level {
  const words = text.toLowerCase().split(/[^a-z]+/);
  const named = words.map((word) => WORDS.get(word) ?? word);
  return LEVELS.findLast((level) => named.includes(level)) ?? 'red';
}

/** An incident as it begins. */
export function openedIncident({ key, subject, level, reason }: Named, now: number): Incident {
  const fresh = { state: 'open', count: 1, acknowledged: null, ended: null } as const;
  return { key, subject, reason, level, ...fresh, opened: now, due: dueOf(level, now) };
}

function dueOf(level: Level, now: number): number | null {
  const patienceMs = PATIENCE_MS[level];
  return patienceMs === null ? null : now + patienceMs;
}

function sooner(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Whether it is not over, be it acknowledged or not. */
export function isOpen({ ended }: Pick<Incident, 'ended'>): boolean {
  return ended === null;
}

/** The next level, where nobody has acknowledged it in time; undefined where it is not due. */
export function escalate(incident: Incident, now: number): IncidentEvent | undefined {
  const { due, state, level, key, subject, reason } = incident;
  if (due === null || due > now || state !== 'open') return undefined;
  const next = LEVELS[Math.min(LEVELS.indexOf(level) + 1, LEVELS.length - 1)] ?? level;
  return { type: 'incident.escalated', key, subject, level: next, reason };
}

/** The fold: what an incident is behind one more record of it. */
export function evolveIncident(before: Incident, event: IncidentEvent, now: number): Incident {
  switch (event.type) {
    case 'incident.opened':
      return openedIncident(event, now);
    case 'incident.recurred': {
      const { count, reason, level } = event;
      // What is graver now waits no longer than what is as grave from the beginning.
      const isGraver = before.state === 'open' && level !== before.level;
      const due = isGraver ? sooner(before.due, dueOf(level, now)) : before.due;
      return { ...before, count, reason, level, due };
    }
    case 'incident.acknowledged':
      return { ...before, state: 'acknowledged', acknowledged: now, due: null };
    case 'incident.escalated': {
      const { level } = event;
      // The highest one is told once more and then left to those who were told.
      const due = level === before.level ? null : dueOf(level, now);
      return { ...before, level, due };
    }
    case 'incident.resolved': {
      const state = event.false_alarm ? 'false_alarm' : 'resolved';
      return { ...before, state, ended: now, due: null };
    }
  }
}

/** The graver of two levels. */
export function graver(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) < LEVELS.indexOf(b) ? b : a;
}
