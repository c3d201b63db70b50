import type { Incident, IncidentEvent } from '../coordination/incident.ts';
import { incidentOf } from '../coordination/incident-row.ts';
import { formatDuration } from '../std/duration.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityRow } from '../store/entity.ts';
import { idOf } from '../store/record.ts';
import { seqOf } from './log-reader.ts';

/** An incident as people and programs see it. */
export interface IncidentView {
  readonly id: string;
  readonly state: Incident['state'];
  readonly level: Incident['level'];
  readonly subject: string;
  readonly key: string;
  readonly reason: string;
  readonly count: number;
  readonly opened: string;
  readonly stages: readonly IncidentStage[];
  /** How long it took until it was over, such as `12m`; null while it is not. */
  readonly resolution_time: string | null;
}

/** A step on the way to its end. */
export interface IncidentStage {
  readonly name: 'acknowledge' | 'resolve';
  readonly due: string | null;
  readonly started: string | null;
  readonly done: string | null;
}

/** An incident with all that happened to it. */
export interface IncidentDetail extends IncidentView {
  readonly timeline: readonly IncidentMoment[];
}

export interface IncidentMoment {
  readonly at: string;
  readonly event: string;
  readonly type: IncidentEvent['type'];
  readonly level: Incident['level'];
  readonly reason: string;
  readonly by: string | null;
  readonly note: string | null;
}

export interface IncidentPage {
  readonly items: readonly IncidentView[];
  /** Where the next page goes on; null behind the last. */
  readonly next: string | null;
}

export interface IncidentQuery {
  readonly state?: Incident['state'] | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

const LIMIT = 100;
/** Records of an incident that are shown: the latest. */
const TIMELINE_MAX = 1_000;

/** Incidents, newest first. */
export async function readIncidents(store: Store, query: IncidentQuery): Promise<IncidentPage> {
  const { state, limit = LIMIT, after } = query;
  const before = after === undefined ? undefined : (seqOf(store.identity, after) ?? 0);
  const rows = await store.entities({ kind: 'incident', state, limit, before });
  const last = rows.length < limit ? undefined : rows.at(-1);
  const next = last === undefined ? null : idOf(store.identity, last.id);
  return { items: rows.map((row) => viewIncident(store, row)), next };
}

/** The incident of this id with its timeline; undefined where there is none. */
export async function findIncident(store: Store, id: string): Promise<IncidentDetail | undefined> {
  const seq = seqOf(store.identity, id);
  const row = seq === undefined ? undefined : await store.entity(seq);
  if (row?.kind !== 'incident') return undefined;
  const records = await store.readStream(row.id);
  const timeline = records.slice(-TIMELINE_MAX).map((record) => momentOf(store, record));
  return { ...viewIncident(store, row), timeline };
}

/** An incident as its row says it. */
export function viewIncident(store: Store, row: EntityRow): IncidentView {
  const incident = incidentOf(row);
  const { state, level, subject, key, reason, count, opened, acknowledged, ended, due } = incident;
  const taken = acknowledged ?? ended;
  const stages: IncidentStage[] = [
    { name: 'acknowledge', due: isoTime(due), started: isoTime(opened), done: isoTime(taken) },
    { name: 'resolve', due: null, started: isoTime(acknowledged), done: isoTime(ended) },
  ];
  const resolution_time = ended === null ? null : formatDuration(ended - opened);
  const shown = { id: idOf(store.identity, row.id), state, level, subject, key, reason, count };
  return { ...shown, opened: new Date(opened).toISOString(), stages, resolution_time };
}

function momentOf(store: Store, { seq, type, received, data }: LogRecord): IncidentMoment {
  const event = { type, ...(JSON.parse(data) as object) } as IncidentEvent;
  const said = 'by' in event ? { by: event.by, note: event.note } : { by: null, note: null };
  const { level, reason } = event;
  const at = new Date(received).toISOString();
  return { at, event: idOf(store.identity, seq), type: event.type, level, reason, ...said };
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
