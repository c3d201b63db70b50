import { OWN_EVENT_VERSIONS } from '../../events/own-types.ts';
import type { Flow } from '../flow.ts';
import type { Mentions, TypeMention } from './context.ts';
import { NearIndex } from './near-index.ts';

/**
 * Warns of event types that are nearly another: an emitted one that nothing listens to beside one
 * that is listened to, and a listened one beside one of ours, or one that flows, sources or tools
 * here tell (`told`). Types are compared exactly, so a slip of one letter, of case or of a
 * separator would otherwise go unnoticed. What sources tell is not nearly another.
 */
export function reportNearMisses(
  { emitted, listened, awaited }: Mentions,
  told: ReadonlySet<string>,
  flows: ReadonlyMap<string, Flow>,
): void {
  const exact = new Set([...listened, ...awaited].map(typeOf));
  const prefixes = [...exact].filter((type) => type.length > 1 && type.endsWith('*'));
  const heard = (type: string): boolean =>
    exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix.slice(0, -1)));
  warn(
    // Of the rules of choreographies it is said that nobody answers them.
    emitted.filter(({ type, flow }) => !heard(type) && flows.get(flow)?.rule === undefined),
    new NearIndex([...exact].filter((type) => !type.endsWith('*'))),
    'nothing listens to',
  );
  const made = new Set<string>([
    ...Object.keys(OWN_EVENT_VERSIONS),
    ...emitted.map(typeOf),
    ...told,
  ]);
  const unmade = listened.filter(({ type }) => !made.has(type) && !type.endsWith('*'));
  const own = new NearIndex(Object.keys(OWN_EVENT_VERSIONS));
  warn(unmade, own, 'Signalbox itself never records');
  // It may come from outside; what nobody listens to has been told of where it is emitted.
  warn(
    unmade.filter(({ type, flow }) => !own.find(type) && flows.get(flow)?.rule === undefined),
    new NearIndex([...emitted.map(typeOf), ...told].filter((type) => exact.has(type))),
    'nobody here emits',
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
