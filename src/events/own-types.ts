/**
 * The types of events that Signalbox records itself, each with the version of its payload.
 *
 * A log stores the version with the event; what an older binary does not know, it refuses to serve.
 * A changed payload raises the version and adds an upcaster, so that old logs read as new ones.
 */
export const OWN_EVENT_VERSIONS = {
  'daemon.started': 1,
  'catalog.activated': 1,
  'catalog.refused': 1,
  'event.dead_lettered': 1,
  'event.filtered': 1,
  'event.amended': 1,
  'escalation.raised': 1,
  'dead_letter.retried': 1,
  'dead_letter.dropped': 1,
  'manual.triggered': 1,
  'receipts.counted': 1,
  'event.dropped': 1,
  'event.replayed': 1,
  'flow.paused': 1,
  'flow.resumed': 1,
  'flow.limited': 1,
  'flow.unlimited': 1,
  'proposal.reminded': 1,
  'proposal.escalated': 1,
  'delegation.made': 1,
  'delegation.ended': 1,
  'autonomy.changed': 1,
  'automation.suspended': 1,
  'automation.resumed': 1,
  'window.closed': 1,
  'window.expired': 1,
  'run.started': 1,
  'run.succeeded': 1,
  'run.failed': 1,
  'run.failing': 1,
  'run.noop': 1,
  'run.cancelled': 1,
  'run.declined': 1,
  'run.compensating': 1,
  'run.compensated': 1,
  'run.stuck': 1,
  'run.pause_requested': 1,
  'run.pause_withdrawn': 1,
  'run.paused': 1,
  'run.resumed': 1,
  'run.retried': 1,
  'run.moved': 1,
  'branch.started': 1,
  'branch.succeeded': 1,
  'branch.failed': 1,
  'branch.noop': 1,
  'branch.cancelled': 1,
  'branch.declined': 1,
  'branch.compensating': 1,
  'branch.compensated': 1,
  'branch.stuck': 1,
  'step.started': 1,
  'step.forked': 1,
  'step.completed': 1,
  'step.failed': 1,
  'step.retrying': 1,
  'step.waiting': 1,
  'step.awaited': 1,
  'step.parked': 1,
  'step.unknown': 1,
  'step.proposed': 1,
  'step.approved': 1,
  'step.returned': 1,
  'proposal.opened': 1,
  'proposal.voted': 1,
  'proposal.approved': 1,
  'proposal.rejected': 1,
  'proposal.returned': 1,
  'proposal.expired': 1,
  'proposal.withdrawn': 1,
  'event_log.rejected': 1,
  'source.started': 1,
  'source.stopped': 1,
  'source.degraded': 1,
  'source.recovered': 1,
  'source.stale': 1,
  'source.reconciled': 1,
  'source.restarted': 1,
  'webhook.rejected': 1,
  'auth.failed': 1,
  'token.created': 1,
  'token.revoked': 1,
  'tool.requested': 1,
  'tool.started': 1,
  'tool.completed': 1,
  'tool.failed': 1,
  'session.opened': 1,
  'session.closed': 1,
  'log.restored': 1,
  'log.trimmed': 1,
  'event.erased': 1,
  'notification.requested': 1,
  'notification.sent': 1,
  'notification.failed': 1,
  'notification.undeliverable': 1,
  'notification.acknowledged': 1,
  'incident.opened': 1,
  'incident.recurred': 1,
  'incident.acknowledged': 1,
  'incident.escalated': 1,
  'incident.resolved': 1,
  'disk.full': 1,
  'disk.recovered': 1,
} as const satisfies Record<string, number>;

export type OwnEventType = keyof typeof OWN_EVENT_VERSIONS;

/**
 * A number that grows with every new type of ours and every new version of one, and never falls: a
 * log that a larger one was used on may hold what this binary does not know.
 */
export const OWN_VOCABULARY = Object.values<number>(OWN_EVENT_VERSIONS).reduce((a, b) => a + b);

const VERSIONS: ReadonlyMap<string, number> = new Map(Object.entries(OWN_EVENT_VERSIONS));
/** What the types of ours begin with, in this version or a later one. */
const NOUNS = [
  'branch',
  'catalog',
  'clock',
  'daemon',
  'dead_letter',
  'disk',
  'escalation',
  'event',
  'event_log',
  'manual',
  'proposal',
  'notification',
  'receipts',
  'run',
  'source',
  'step',
  'window',
];
/** Types of ours beside others that are not. */
const SINGLE = [
  'flow\\.(?:paused|resumed|limited|unlimited)',
  'autonomy\\.changed',
  'delegation\\.(?:made|ended)',
  'automation\\.(?:suspended|resumed)',
  'webhook\\.rejected',
  'log\\.(?:restored|trimmed)',
  'auth\\.failed',
  'incident\\.(?:opened|recurred|acknowledged|escalated|resolved)',
  'token\\.(?:created|revoked)',
  'session\\.(?:opened|closed)',
  'tool\\.(?:requested|started|completed|failed)',
];
const RESERVED = new RegExp(
  `^(?:${NOUNS.join('|')})\\.[a-z_]+$|^(?:${SINGLE.join('|')})$|^signalbox\\.`,
);

/** Whether only Signalbox itself records events of this type, in this version or a later one. */
export function isOwnType(type: string): boolean {
  return RESERVED.test(type);
}

/**
 * Whether this binary can read the payloads of a type's version. False for what a newer one wrote:
 * a later version, or a type of ours that has no version here. Foreign payloads are always read.
 */
export function isKnownVersion(type: string, version: number): boolean {
  const known = VERSIONS.get(type);
  return known === undefined ? !isOwnType(type) : version <= known;
}
