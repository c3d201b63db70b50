import { OWN_EVENT_VERSIONS } from '../../events/own-types.ts';
import { matchesText } from '../../events/pattern.ts';
import type { Choreography } from '../choreography.ts';
import type { Flow } from '../flow.ts';
import type { FlowTypeMention, Mentions } from './context.ts';
import { NearIndex } from './near-index.ts';

/** What the files say of events, and who else tells some. */
export interface Answering {
  readonly mentions: Mentions;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly choreographies: ReadonlyMap<string, Choreography>;
  /** What sources and tools tell. */
  readonly told: ReadonlySet<string>;
}

/**
 * Warns of the rules of choreographies that answer what nobody emits, and that emit what nobody
 * answers, with the type that may be meant. Other flows live of events from outside; a
 * choreography is said to be complete, so what leaves it, or comes into it, is told.
 */
export function reportAnswers({ mentions, flows, choreographies, told }: Answering): void {
  const isRule = ({ flow }: FlowTypeMention): boolean => flows.get(flow)?.rule !== undefined;
  const answered = [...mentions.listened, ...mentions.awaited].map(({ type }) => type);
  const triggers = [...choreographies.values()].flatMap((each) => each.triggers);
  const emitted = [
    ...mentions.emitted.map(({ type }) => type),
    ...triggers.map(({ pattern }) => pattern.event),
    ...told,
    ...Object.keys(OWN_EVENT_VERSIONS),
  ];
  warn(mentions.emitted.filter(isRule), answered, 'unanswered');
  warn(mentions.listened.filter(isRule), emitted, 'unemitted');
}

const SAYINGS = {
  unanswered: {
    code: 'config.unanswered',
    does: 'answers',
    otherwise: '; a flow or a tool may, by its "on"',
  },
  unemitted: {
    code: 'config.unemitted',
    does: 'emits',
    otherwise: '; it has to come from outside',
  },
} as const;

/** Warns of the mentions that have none among the others. */
function warn(
  mentions: readonly FlowTypeMention[],
  others: readonly string[],
  what: keyof typeof SAYINGS,
): void {
  const exact = new Set(others);
  const patterns = [...exact].filter((type) => type.endsWith('*'));
  const near = new NearIndex(others.filter((type) => !type.endsWith('*')));
  for (const { type, at, report } of mentions) {
    const meets = type.endsWith('*')
      ? others.some((other) => matchesText(type, other))
      : exact.has(type) || patterns.some((pattern) => matchesText(pattern, type));
    if (meets) continue;
    const { code, does, otherwise } = SAYINGS[what];
    const meant = near.find(type);
    const tail = meant === undefined ? otherwise : `, but there is "${meant}"; is it meant?`;
    const message = `nobody here ${does} "${type}"${tail}`;
    report({ at, severity: 'warning', code, message });
  }
}
