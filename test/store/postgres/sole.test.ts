import { expect, test } from 'vitest';
import { event, unit } from '../conformance/units.ts';
import { useDatabases } from './database.ts';

const newDatabase = useDatabases();

test('who is to be alone on a database is, through a connection that breaks', async () => {
  const database = await newDatabase();
  const alone = await database.open({ alone: true });
  await expect(database.open({ alone: true })).rejects.toMatchObject({ code: 'data.locked' });
  // The refused one has begun no session: that would look like one that has taken over.
  const epochs = await database.query(`SELECT value FROM signalbox.meta WHERE name = 'epoch'`);
  expect(epochs).toEqual([{ value: '1' }]);
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
  );
  expect(await alone.append(unit(event()))).toMatchObject({ kind: 'appended' });
  await alone.close();
  const next = await database.open({ alone: true });
  expect(next.identity.epoch).toBe(2);
});

test('who has lost a database to another session hears of it', async () => {
  const database = await newDatabase();
  const alone = await database.open({ alone: true });
  await database.open();
  expect(await alone.failed).toMatchObject({ code: 'data.locked' });
});
