import { describe, expect, test } from 'vitest';
import { suspectsOf } from '../../src/runs/suspects.ts';
import type { RunRow } from '../../src/store/contract.ts';
import { runOf } from './pieces.ts';

const session = { epoch: 5, afterCleanStop: false };
const acquitted = { ...session, afterCleanStop: true };

function rowOf(id: number, fields: Partial<RunRow>): RunRow {
  return { ...runOf({ epoch: 4 }), id, version: id, ...fields };
}

describe('suspects', () => {
  test('are the runs under which a daemon died before', () => {
    const rows = [rowOf(1, { crashes: 0 }), rowOf(2, { crashes: 1 })];
    expect(suspectsOf(rows, session)).toEqual([{ row: rows[1], session }]);
  });

  test('are all charged where they had not been watched', () => {
    const rows = [rowOf(1, { crashes: 1 }), rowOf(2, { crashes: 1 })];
    expect(suspectsOf(rows, session).map((suspect) => suspect.session)).toEqual([session, session]);
  });

  test('are charged for a death under watch only where they were begun last', () => {
    const rows = [
      rowOf(1, { crashes: 2, version: 30 }),
      rowOf(2, { crashes: 2, version: 40 }),
      rowOf(3, { crashes: 2, version: 35 }),
    ];
    const sessions = suspectsOf(rows, session).map((suspect) => suspect.session);
    expect(sessions).toEqual([acquitted, session, acquitted]);
  });

  test('are charged where they were not reached by the last session, or not called', () => {
    const rows = [
      rowOf(1, { crashes: 2, version: 30, epoch: 3 }),
      rowOf(2, { crashes: 2, version: 31, attempt: 0 }),
      rowOf(3, { crashes: 2, version: 29 }),
    ];
    const sessions = suspectsOf(rows, session).map((suspect) => suspect.session);
    expect(sessions).toEqual([session, session, session]);
  });

  test('are taken one by one up to a limit', () => {
    const rows = Array.from({ length: 100 }, (_, i) => rowOf(i + 1, { crashes: 1 }));
    expect(suspectsOf(rows, session).map(({ row }) => row)).toEqual(rows.slice(0, 32));
  });
});
