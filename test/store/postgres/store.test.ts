import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { loadPg } from '../../../src/store/postgres/connection.ts';
import { openPostgresStore } from '../../../src/store/postgres/store.ts';
import { firstOf, kindsOf, range, readAll } from '../conformance/fixture.ts';
import {
  advance,
  cursorOf,
  DAY_MS,
  event,
  moving,
  NOON,
  open,
  unit,
} from '../conformance/units.ts';
import { turn, useDatabases } from './database.ts';

const newDatabase = useDatabases();

describe('opening', () => {
  test('by several clients at once makes one log, and an epoch for each', async () => {
    const database = await newDatabase();
    const stores = await Promise.all(range(1, 6).map(() => database.open()));
    const names = stores.map(({ identity }) => identity.names);
    expect(names).toEqual(Array(6).fill(names[0]));
    const epochs = stores.map(({ identity }) => identity.epoch);
    expect(epochs.toSorted((a, b) => a - b)).toEqual(range(1, 6));
  });

  test('is refused where a newer version wrote the database', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await database.query(`UPDATE signalbox.meta SET value = 999 WHERE name = 'format'`);
    await expect(database.open()).rejects.toMatchObject({ code: 'data.newer' });
    const epoch = await database.query(`SELECT value FROM signalbox.meta WHERE name = 'epoch'`);
    expect(epoch).toEqual([{ value: '1' }]);
  });

  test('of a database of format 1 gives it the tables and the function of today', async () => {
    const database = await newDatabase();
    const old = await database.open();
    await old.append(moving('router', 0, 1, event(), open()));
    await old.close();
    await database.query('DROP TABLE signalbox.cursors, signalbox.entities');
    await database.query('DROP INDEX signalbox.runs_correlation');
    await database.query('DROP FUNCTION signalbox.append');
    await database.query(
      `CREATE FUNCTION signalbox.append(p_session bigint, OUT first_seq bigint) LANGUAGE sql
         AS 'SELECT 1::bigint'`,
    );
    await database.query(`UPDATE signalbox.meta SET value = 1 WHERE name = 'format'`);
    const stores = await Promise.all(range(1, 3).map(() => database.open()));
    const cursors = [cursorOf('a', '1')];
    for (const [i, store] of stores.entries()) {
      const result = await store.append({ ...moving('router', i + 1, i + 2, event()), cursors });
      expect(result).toEqual({ kind: 'appended', first: i + 3 });
      expect(await store.cursors({ source: 'files:docs', limit: 9 })).toHaveLength(1);
    }
    const functions = await database.query(
      `SELECT count(*)::int AS count FROM pg_proc WHERE pronamespace = 'signalbox'::regnamespace`,
    );
    expect(functions).toEqual([{ count: 1 }]);
    const format = await database.query(`SELECT value FROM signalbox.meta WHERE name = 'format'`);
    expect(format).toEqual([{ value: '5' }]);
  });

  test('is refused where nothing answers', async () => {
    const opening = openPostgresStore({
      url: 'postgres://nobody@/nothing?host=%2Fnowhere',
      clock: new SystemClock(),
    });
    await expect(opening).rejects.toMatchObject({ code: 'data.unusable' });
  });

  test('is refused in a database that cannot hold every letter', async () => {
    const database = await newDatabase();
    await database.query(
      `CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII'
         LOCALE_PROVIDER libc LOCALE 'C'`,
    );
    const url = database.url.replace(/\/test\d+\?/, '/latin?');
    await expect(database.open({ url })).rejects.toThrow(/encoding SQL_ASCII/);
  });

  test('says what to install where the driver is missing', async () => {
    const loading = loadPg(() => Promise.reject(new Error('Cannot find package')));
    await expect(loading).rejects.toMatchObject({
      code: 'store.driver_missing',
      message: expect.stringContaining('npm install pg'),
    });
  });
});

describe('the settings of a database', () => {
  test('that would break a promise do not hold for our sessions', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    const name = /\/(test\d+)\?/.exec(database.url)?.[1];
    await database.query(`
      ALTER DATABASE ${name} SET synchronous_commit = off;
      ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable';
      CREATE TABLE witnessed (sync text, isolation text);
      CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.witnessed VALUES (
          current_setting('synchronous_commit'), current_setting('transaction_isolation'));
        RETURN NULL;
      END $$;
      CREATE TRIGGER witness AFTER INSERT ON signalbox.events
        FOR EACH STATEMENT EXECUTE FUNCTION witness();`);
    await (await database.open()).append(unit(event()));
    const witnessed = await database.query('SELECT * FROM witnessed');
    expect(witnessed).toEqual([{ sync: 'on', isolation: 'read committed' }]);
  });
});

describe('several clients', () => {
  test('have one time: a record is never earlier than the one before it', async () => {
    const database = await newDatabase();
    const [fast, slow] = [await database.open(), await database.open()];
    const heard: number[] = [];
    slow.onCommitted((records) => heard.push(...records.map(({ received }) => received)));
    await fast.append(unit(event({ received: NOON + 100 })));
    await slow.append(unit(event({ received: NOON }), event({ received: NOON + 200 })));
    await slow.append(unit(event({ received: NOON + 50 })));
    await fast.append(unit(event({ received: NOON + 201 })));
    const times = (await readAll(slow)).map(({ received }) => received - NOON);
    expect(times).toEqual([100, 100, 200, 200, 201]);
    while (heard.length < 5) await turn();
    expect(heard.map((received) => received - NOON)).toEqual(times);
    expect((await database.open()).identity.lastReceived).toBe(NOON + 201);
  });

  test('do not take what another one holds that lives', async () => {
    const database = await newDatabase();
    const [holder, other] = [await database.open(), await database.open()];
    await holder.append(unit(open({ epoch: holder.identity.epoch })));
    const query = { limit: 10 };
    expect(await other.orphans(query)).toEqual([]);
    await holder.close();
    while ((await other.orphans(query)).length === 0) await turn();
    expect((await other.orphans(query)).map(({ id }) => id)).toEqual([1]);
  });

  test('hear of each other by notification, before they would ask', async () => {
    const database = await newDatabase();
    const writer = await database.open();
    // Its clock stands still, so it never asks by itself.
    const listener = await database.open({ clock: new SimulatedClock() });
    for (const n of range(1, 20)) {
      const heard = new Promise<void>((resolve) => {
        listener.onCommitted((records) => {
          if (records.at(-1)?.seq === n) resolve();
        });
      });
      await writer.append(unit(event()));
      await heard;
      expect(listener.head()).toBe(n);
    }
  });

  test('hear within a second of what no notification told them', async () => {
    const database = await newDatabase();
    const clock = new SimulatedClock();
    const store = await database.open({ clock });
    const heard: number[] = [];
    store.onCommitted((records) => heard.push(...records.map(({ seq }) => seq)));
    await database.query(`
      INSERT INTO signalbox.events (seq, received, version, hops, type, data)
        VALUES (1, 0, 1, 0, 'by.hand', '{}');
      UPDATE signalbox.log_head SET seq = 1;`);
    while (clock.untilNext() === undefined) await turn();
    clock.advance(1_000);
    while (heard.length === 0) await turn();
    expect(heard).toEqual([1]);
  });

  test('hear of what they missed while their connection was cut', async () => {
    const database = await newDatabase();
    const [writer, listener] = [await database.open(), await database.open()];
    const heard: number[] = [];
    listener.onCommitted((records) => heard.push(...records.map(({ seq }) => seq)));
    await writer.append(unit(event()));
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'signalbox' AND datname = current_database()`);
    await writer.append(unit(event(), event()));
    while (heard.length < 3) await turn();
    expect(heard).toEqual([1, 2, 3]);
  });
});

describe('a failure of the database', () => {
  test('for lack of space is told as such, and passes with it', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(event()));
    await database.query(`
      CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
      END $$;
      CREATE TRIGGER fill BEFORE INSERT ON signalbox.events EXECUTE FUNCTION fill();`);
    const full = await Promise.all(range(1, 5).map(() => store.append(unit(event()))));
    expect(kindsOf(full)).toEqual(Array(5).fill('full'));
    await database.query('DROP TRIGGER fill ON signalbox.events');
    expect(firstOf(await store.append(unit(event())))).toBe(2);
  });

  test('over one unit is its own, and its neighbours are written', async () => {
    const database = await newDatabase();
    const store = await database.open();
    const endless = { key: Array.from({ length: 9_000 }, (_, i) => i).join(), digest: 'd' };
    const before = range(1, 3).map(() => store.append(unit(event())));
    const refused = store.append(unit(event({}, endless))).catch((error: unknown) => error);
    const after = range(1, 3).map(() => store.append(unit(event())));
    expect(await refused).toMatchObject({ code: 'store.unit_invalid' });
    expect((await Promise.all([...before, ...after])).map(firstOf)).toEqual(range(1, 6));
  });

  test('that loses acknowledged records ends the trust in the store', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(event(), event()));
    await database.query('UPDATE signalbox.log_head SET seq = 1');
    expect(await store.failed).toMatchObject({ code: 'data.corrupt' });
  });
});

describe('verify', () => {
  test.each([
    ['a record is missing', 'DELETE FROM signalbox.events WHERE seq = 3', 3],
    ['the last record is missing', 'DELETE FROM signalbox.events WHERE seq = 5', 5],
    ['a stream leads elsewhere', 'UPDATE signalbox.events SET prev = 1 WHERE seq = 5', 5],
    ['a stream has no beginning', 'UPDATE signalbox.events SET prev = NULL WHERE seq = 5', 5],
  ])('finds that %s', async (_, damage, seq) => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(event(), open(), event(), event()));
    await store.append(unit(advance(2, 2)));
    await database.query(damage);
    const report = await store.verify({ progress: () => {}, deep: false });
    expect(report).toMatchObject({ events: 5, firstBad: { seq } });
  });
});

describe('what is past its time', () => {
  test('is removed', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(event({}, { key: 'old', digest: 'd' })));
    const later = NOON + 100 * DAY_MS;
    await store.append(unit(event({ received: later }, { key: 'new', digest: 'd' })));
    await store.close();
    await database.query(`UPDATE signalbox.commits SET written = now() - interval '2 days'`);
    await database.open();
    const left = async (): Promise<unknown[]> => [
      ...(await database.query('SELECT key FROM signalbox.seen')),
      ...(await database.query('SELECT session FROM signalbox.commits')),
    ];
    while ((await left()).length > 1) await turn();
    expect(await left()).toEqual([{ key: 'new' }]);
  });
});
