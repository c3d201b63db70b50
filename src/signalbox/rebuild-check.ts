import { notificationFold } from '../channels/notification-record.ts';
import { incidentFold } from '../coordination/incident-row.ts';
import { checkRows, type RowsReport } from '../runs/rebuild.ts';
import type { LogIdentity, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import type { RebuildReport } from '../views/engine-view.ts';

/** Folds the whole log again, and compares every row that is folded from it. */
export async function rebuildCheck(
  store: Store,
  progress: (done: number, all: number) => void,
): Promise<RebuildReport> {
  const folds = [incidentFold, notificationFold];
  const { differences, ...counted } = await checkRows(store, progress, folds);
  const shown = differences.map((found) => shownDifference(found, store.identity));
  return { ok: differences.length === 0, ...counted, differences: shown };
}

function shownDifference(
  found: RowsReport['differences'][number],
  identity: LogIdentity,
): RebuildReport['differences'][number] {
  if ('run' in found) return { ...found, run: idOf(identity, found.run) };
  if ('letter' in found) return { ...found, letter: idOf(identity, found.letter) };
  const { entity, id: seq, ...difference } = found;
  const id = idOf(identity, seq);
  switch (entity) {
    case 'proposal':
      return { ...difference, proposal: id };
    case 'incident':
      return { ...difference, incident: id };
    case 'notification':
      return { ...difference, notification: id };
  }
}
