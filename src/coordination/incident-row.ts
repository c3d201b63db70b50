import type { EntityColumns, EntityFold } from '../store/entity.ts';
import { evolveIncident, type Incident, type IncidentEvent, openedIncident } from './incident.ts';

/** The row that is folded from an incident's records. */
export function incidentRow(incident: Incident): EntityColumns {
  const { state, due, ended } = incident;
  return { kind: 'incident', state, run: null, due, ended, data: JSON.stringify(incident) };
}

/** The incident that a row holds. */
export function incidentOf({ data }: Pick<EntityColumns, 'data'>): Incident {
  return JSON.parse(data) as Incident;
}

/** How the rows of incidents are made of the log. */
export const incidentFold: EntityFold = {
  kind: 'incident',
  fold(before, { type, source, data, received }) {
    // What reports one is somebody's event, and no record of it.
    if (source !== null || !type.startsWith('incident.')) return undefined;
    const event = { type, ...(JSON.parse(data) as object) } as IncidentEvent;
    if (event.type === 'incident.opened') return incidentRow(openedIncident(event, received));
    return before && incidentRow(evolveIncident(incidentOf(before), event, received));
  },
};
