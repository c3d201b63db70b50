import type { RunMoved } from './move-record.ts';

interface Told {
  readonly type: string;
  readonly data: string;
}

type Placing = (at: string) => string;

/**
 * The records of a run with the places that their steps have in the definition by which it goes
 * now: the records themselves where it was never moved. Oldest first.
 */
export function movedRecords<Record extends Told>(records: readonly Record[]): readonly Record[] {
  if (!records.some(isMove)) return records;
  let placing: Placing = (at) => at;
  const placed = records.toReversed().map((record) => {
    const now = replaced(record, placing);
    if (isMove(record)) placing = placingOf(record, placing);
    return now;
  });
  return placed.toReversed();
}

/** Whether a step stood at this place that its definition has no more. */
export function isGone(at: string): boolean {
  return at.startsWith(GONE);
}

const GONE = 'gone.';

function isMove({ type }: Told): boolean {
  return type === 'run.moved';
}

/** Where steps stand now that stood at a place before this move. */
function placingOf({ data }: Told, later: Placing): Placing {
  const { places } = JSON.parse(data) as Pick<RunMoved, 'places'>;
  return (at) => {
    const place = Object.hasOwn(places, at) ? places[at] : at;
    // No path of a flow has a name in the place of a number.
    return typeof place === 'string' ? later(place) : `${GONE}${at.replaceAll('.', '-')}`;
  };
}

interface Placed {
  readonly at?: string;
  readonly next?: { readonly at: string };
}

function replaced<Record extends Told>(record: Record, placing: Placing): Record {
  const entry = JSON.parse(record.data) as Placed;
  const { at, next } = entry;
  if (at === undefined) return record;
  const moved = {
    ...entry,
    at: placing(at),
    ...(next === undefined ? {} : { next: { ...next, at: placing(next.at) } }),
  };
  return { ...record, data: JSON.stringify(moved) };
}
