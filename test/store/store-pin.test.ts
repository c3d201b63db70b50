import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pinTo, refuseElsewhere } from '../../src/store/store-pin.ts';
import { makeFolder } from '../cli/signalbox.ts';

const ONE = { log: 'sb1', database: 'postgres://host/one' };

test('a data directory belongs to one log, wherever that is found again', () => {
  const folder = makeFolder();
  refuseElsewhere(folder);
  pinTo(folder, ONE);
  pinTo(folder, { ...ONE, database: 'postgres://elsewhere/one' });
  expect(() => pinTo(folder, { ...ONE, log: 'sb2' })).toThrow('belongs to the log sb1');
  expect(() => refuseElsewhere(folder)).toThrow('in PostgreSQL, at postgres://elsewhere/one');
});

test('a data directory with a log of its own is not used for another one', () => {
  const folder = makeFolder({ 'signalbox.db': '' });
  pinTo(folder, ONE);
  writeFileSync(join(folder, 'signalbox.db'), 'a log');
  expect(() => pinTo(folder, ONE)).toThrow('belongs to a log in SQLite');
});
