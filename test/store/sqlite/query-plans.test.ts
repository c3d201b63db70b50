import { expect, test } from 'vitest';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { Prepared } from '../../../src/store/sqlite/prepared.ts';
import { SqliteReader } from '../../../src/store/sqlite/reader.ts';
import { RunReader } from '../../../src/store/sqlite/run-reader.ts';
import { prepareSchema } from '../../../src/store/sqlite/schema.ts';

const driver = await loadDriver();

/** How SQLite answers what the readers ask it, step by step. */
function planOf(ask: (runs: RunReader, log: SqliteReader) => unknown): string[] {
  const db = driver.open(':memory:');
  prepareSchema(db);
  const asked: string[] = [];
  const prepare: typeof db.prepare = (sql) => {
    asked.push(sql);
    return db.prepare(sql);
  };
  const prepared = new Prepared({ ...db, prepare });
  ask(new RunReader(prepared), new SqliteReader(prepared));
  const steps = asked.flatMap((sql) => {
    const free = Array<null>((sql.match(/\?/g) ?? []).length).fill(null);
    return db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...free);
  });
  db.close();
  return steps.map(({ detail }) => String(detail)).filter((step) => /^(SEARCH|SCAN)/.test(step));
}

test('the open runs of some lanes are found among the open ones', () => {
  const steps = planOf((runs) => runs.runsInLanes({ lanes: ['a'], limit: 1 }));
  expect(steps.filter((step) => step.includes(' runs '))).toEqual([
    'SEARCH runs USING INDEX runs_due (lane=? AND state=? AND due>?)',
    'SEARCH runs USING INDEX runs_held (state<?)',
  ]);
});

test('open windows are read in the order of their keys', () => {
  const after = { flow: 'a', key: 'k' };
  const steps = planOf((_, log) => log.windows({ limit: 1, after }));
  expect(steps).toEqual(['SEARCH windows USING PRIMARY KEY ((flow,key)>(?,?))']);
});
