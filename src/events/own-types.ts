/**
 * The types of events that Signalbox records itself, each with the version of its payload.
 *
 * A log stores the version with the event; what an older binary does not know, it refuses to serve.
 * A changed payload raises the version and adds an upcaster, so that old logs read as new ones.
 */
export const OWN_EVENT_VERSIONS = {
  'daemon.started': 1,
  'catalog.activated': 1,
  'event.dead_lettered': 1,
  'run.started': 1,
  'run.succeeded': 1,
  'run.failed': 1,
  'step.started': 1,
  'step.completed': 1,
  'step.retrying': 1,
  'step.waiting': 1,
  'step.unknown': 1,
} as const satisfies Record<string, number>;

export type OwnEventType = keyof typeof OWN_EVENT_VERSIONS;

export function isKnownVersion(type: string, version: number): boolean {
  const known = (OWN_EVENT_VERSIONS as Record<string, number>)[type];
  return known === undefined || version <= known;
}
