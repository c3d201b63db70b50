import { describe, expect, test } from 'vitest';
import type { SourceFile } from '../../src/flows/catalog.ts';
import { Catalogs } from '../../src/routing/catalogs.ts';
import type { Store } from '../../src/store/contract.ts';
import { ownRecord } from '../../src/store/record.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { catalogOf, listens, parse, Station } from './station.ts';

const one = catalogOf('one', listens('greet', 'pushed'));
const two = catalogOf('two', listens('greet', 'pushed'), listens('part', 'pulled'));

async function hashAt({ catalogs }: Station, seq: number): Promise<string> {
  return (await catalogs.at(seq)).catalog.hash;
}

describe('the catalog in force', () => {
  test('is an empty one where there was never any', async () => {
    const station = await Station.open();
    expect(station.catalogs.current).toBeUndefined();
    const { catalog, index } = await station.catalogs.at(1);
    expect(catalog.flows.size).toBe(0);
    expect(index.mayMatch('pushed')).toBe(false);
    expect(station.catalogs.loadedAt(1)?.catalog.hash).toBe('');
  });

  test('is the one whose activation stands before the event', async () => {
    const station = await Station.open();
    await station.activate(one);
    await station.emit('pushed');
    await station.activate(two);
    await station.emit('pushed');
    await station.activate(one);
    const hashes = await Promise.all([1, 2, 3, 4, 5, 6].map((seq) => hashAt(station, seq)));
    expect(hashes).toEqual(['one', 'one', 'one', 'two', 'two', 'one']);
    expect(station.catalogs.current).toBe('one');
  });

  test('is at hand for whoever hears of a record behind its own', async () => {
    const station = await Station.open();
    const heard: (string | undefined)[] = [];
    station.store.onCommitted((records) => {
      for (const { seq } of records) heard.push(station.catalogs.loadedAt(seq + 1)?.catalog.hash);
    });
    await station.activate(one);
    await station.emit('pushed');
    await station.activate(two);
    expect(heard).toEqual(['one', 'one', 'two']);
  });

  test('is recorded with who put it there, and with what that says', async () => {
    const station = await Station.open();
    await station.catalogs.activate(one, station.time, { actor: 'api', added: ['greet'] });
    await station.catalogs.refuse({ actor: 'SIGHUP', findings: 2 }, station.time);
    const [activated, refused] = await station.records();
    expect(activated).toMatchObject({ type: 'catalog.activated', source: null });
    expect(JSON.parse(activated?.data ?? '')).toEqual({
      hash: 'one',
      actor: 'api',
      added: ['greet'],
      own_actors: [],
      files: one.files,
    });
    expect(refused).toMatchObject({ type: 'catalog.refused', source: null });
    expect(JSON.parse(refused?.data ?? '')).toEqual({ actor: 'SIGHUP', findings: 2 });
    expect(station.catalogs.current).toBe('one');
  });

  test('is the first one for what was recorded before any', async () => {
    const station = await Station.open();
    await station.emit('pushed');
    await station.activate(one);
    await station.activate(two);
    expect(await hashAt(station, 1)).toBe('one');
  });

  test('is found again by the next session, from the log', async () => {
    const before = await Station.open();
    await before.activate(one);
    await before.activate(two);
    const station = await Station.open({}, before);
    expect(station.catalogs.current).toBe('two');
    expect(station.catalogs.loadedAt(2)).toBeUndefined();
    expect(await hashAt(station, 2)).toBe('one');
    expect(station.catalogs.loadedAt(2)?.catalog.hash).toBe('one');
    expect(await station.catalogs.findFlow('two', 'part')).toBe(two.flows.get('part'));
    expect(await station.catalogs.findFlow('one', 'part')).toBeUndefined();
  });

  test('is one among hundreds', async () => {
    const station = await Station.open();
    for (let n = 0; n < 250; n++) await station.activate(catalogOf(`many-${n}`));
    const again = await Station.open({}, station);
    expect(again.catalogs.current).toBe('many-249');
    expect(await hashAt(again, 123)).toBe('many-121');
  });
});

describe('our own actors', () => {
  async function parsedWith(station: Station): Promise<(readonly string[])[]> {
    const given: (readonly string[])[] = [];
    const catalogs = await Catalogs.open(station.store, (files, ownActors) => {
      given.push(ownActors);
      return parse(files);
    });
    await catalogs.byHash('one');
    return given;
  }

  test('are those that the activation recorded', async () => {
    const station = await Station.open();
    await station.activate({ ...one, ownActors: ['our-bot'] });
    expect(await parsedWith(station)).toEqual([['our-bot']]);
  });

  test('are none where an older version recorded it', async () => {
    const station = await Station.open();
    const data = JSON.stringify({ hash: 'one', files: one.files });
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord('catalog.activated', data, station.time.now(), cause);
    await station.store.append({ writes: [{ kind: 'event', record }] });
    expect(await parsedWith(station)).toEqual([[]]);
  });
});

describe('parsed catalogs', () => {
  /** Catalogs of that station's log, and the files that were parsed for them. */
  async function counted(station: Station): Promise<{ catalogs: Catalogs; parsed: string[] }> {
    const parsed: string[] = [];
    const counting = (files: readonly SourceFile[]): ReturnType<typeof parse> => {
      parsed.push(files[0]?.text ?? '');
      return parse(files);
    };
    return { catalogs: await Catalogs.open(station.store, counting), parsed };
  }

  test('are parsed once, and not at all where they are given', async () => {
    const station = await Station.open();
    await station.activate(one);
    await station.activate(two);
    const { catalogs, parsed } = await counted(station);
    catalogs.provide(two);
    catalogs.provide(two);
    for (let seq = 1; seq <= 3; seq++) await catalogs.at(seq);
    for (let seq = 1; seq <= 3; seq++) await catalogs.at(seq);
    expect(parsed).toEqual(['one']);
  });

  test('are let go when there are many, but never the one in force', async () => {
    const station = await Station.open();
    for (let n = 0; n < 40; n++) await station.activate(catalogOf(`kept-${n}`));
    const { catalogs, parsed } = await counted(station);
    await catalogs.byHash('kept-39');
    for (let n = 0; n < 40; n++) await catalogs.byHash(`kept-${n}`);
    expect(parsed).toHaveLength(40);
    await catalogs.byHash('kept-39');
    await catalogs.byHash('kept-38');
    expect(parsed).toHaveLength(40);
    await catalogs.byHash('kept-0');
    expect(parsed).toHaveLength(41);
  });

  test('are told of that the log does not hold', async () => {
    const { catalogs } = await Station.open();
    await expect(catalogs.byHash('none')).rejects.toMatchObject({ code: 'catalog.unknown' });
    await expect(catalogs.findFlow('none', 'greet')).rejects.toMatchObject({
      code: 'catalog.unknown',
    });
  });

  test('are told of whose record is gone', async () => {
    const station = await Station.open();
    await station.activate(one);
    const gone = alteredStore(station.store, {
      read: async (query) => (opened ? [] : station.store.read(query)),
    });
    let opened = false;
    const catalogs = await Catalogs.open(gone, parse);
    opened = true;
    await expect(catalogs.at(2)).rejects.toMatchObject({ code: 'catalog.unknown' });
  });
});

test('a catalog is not in force where the disk was full', async () => {
  const full = (store: Store): Store => {
    return alteredStore(store, { append: async () => ({ kind: 'full' }) });
  };
  const station = await Station.open({ wrap: full });
  await expect(station.activate(one)).rejects.toMatchObject({ code: 'data.unusable' });
  expect(station.catalogs.current).toBeUndefined();
  expect(await station.records()).toEqual([]);
});
