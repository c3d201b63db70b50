import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, systemDisk } from '../../../src/sources/files/disk.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { nextTurn } from '../../../src/std/turn.ts';
import { until } from '../../server/until.ts';
import { FilesBench } from './files-bench.ts';
import { allowedMs } from '../../fixtures/allowed-ms.ts';

/** A failure as the system reports one. */
function failure(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code });
}

/** The machine's disk, but for some calls. */
function diskWith(calls: Partial<Disk>): Disk {
  return { ...systemDisk, ...calls };
}

describe('hints that are lost cost time, and nothing else', () => {
  test('40,000 changes while the loop is blocked: the final state is told soon (F42)', async () => {
    const bench = await FilesBench.make();
    for (let n = 0; n < 20; n++) bench.write(`d${n}/old.txt`);
    await bench.start();
    for (let n = 0; n < 21_000; n++) {
      const path = join(bench.directory, `d${n % 20}`, `${n}.txt`);
      writeFileSync(path, 'x');
      if (n >= 2_000) rmSync(path);
    }
    bench.write('d19/old.txt', 'other');
    const begun = performance.now();
    const told = await bench.untilTold((all) => all.length >= 2_001);
    expect(performance.now() - begun).toBeLessThan(allowedMs(10_000));
    const created = Array.from({ length: 2_000 }, (_, n) => `d${n % 20}/${n}.txt create`);
    const all = told.map(({ path, kind }) => `${path} ${kind}`);
    expect(all.toSorted()).toEqual([...created, 'd19/old.txt modify'].toSorted());
  });

  test('a look at everything each minute finds what no hint told of', async () => {
    const clock = new SimulatedClock(Date.now());
    const deaf = diskWith({ watch: () => ({ close: () => {} }) });
    const bench = await FilesBench.make({ disk: deaf, clock });
    bench.write('a.txt', '1');
    await bench.start();
    bench.write('a.txt', '2');
    bench.write('b/c.txt');
    clock.advance(60_000);
    expect(await bench.untilPath('b/c.txt')).toEqual([
      { path: 'a.txt', kind: 'modify' },
      { path: 'b/c.txt', kind: 'create' },
    ]);
    expect(bench.view.state).toBe('running');
  });
});

describe('where no more folders can be watched (F43)', () => {
  test.each(['ENOSPC', 'EMFILE'])('%s: it looks every few seconds, and says so', async (code) => {
    let full = true;
    const disk = diskWith({
      watch(path, hear) {
        if (full && path.endsWith('/b')) throw failure(code);
        return systemDisk.watch(path, hear);
      },
    });
    const bench = await FilesBench.make({ disk });
    bench.write('a/x.txt');
    bench.write('b/x.txt');
    await bench.start();
    expect(bench.view).toMatchObject({
      state: 'degraded',
      error: expect.stringContaining(`1 folders cannot be watched (${code})`),
    });
    bench.write('b/y.txt');
    await bench.untilPath('b/y.txt');
    full = false;
    await bench.untilState('running');
    bench.write('b/z.txt');
    await bench.untilPath('b/z.txt');
    const health = await bench.events('source.*');
    expect(health.map(({ type }) => type)).toEqual([
      'source.started',
      'source.degraded',
      'source.recovered',
    ]);
  });
});

describe('a place that cannot be read', () => {
  test('is named, keeps what is remembered of it, and the rest goes on', async () => {
    let locked = true;
    const disk = diskWith({
      list: async (path) => {
        if (locked && path.endsWith('/locked')) throw failure('EACCES');
        return systemDisk.list(path);
      },
    });
    const first = await FilesBench.make();
    first.write('locked/a.txt');
    await first.start();
    await first.stop();
    const bench = await FilesBench.open({ before: first, disk });
    expect(bench.view).toMatchObject({
      state: 'degraded',
      error: 'locked (EACCES) cannot be read',
    });
    bench.write('open.txt');
    expect(await bench.untilPath('open.txt')).toEqual([{ path: 'open.txt', kind: 'create' }]);
    locked = false;
    bench.write('locked/a.txt', 'other');
    bench.write('.gitignore', 'nothing');
    expect(await bench.untilPath('locked/a.txt')).toContainEqual({
      path: 'locked/a.txt',
      kind: 'modify',
    });
    expect(await bench.untilState('running')).toMatchObject({ error: null });
  });

  test('is a file that cannot be looked at, too', async () => {
    let broken = false;
    const disk = diskWith({
      look: (path) => {
        if (broken && path.endsWith('a.txt')) throw failure('EIO');
        return systemDisk.look(path);
      },
    });
    const bench = await FilesBench.make({ disk });
    bench.write('a.txt');
    await bench.start();
    broken = true;
    bench.write('a.txt', 'other');
    expect(await bench.untilState('degraded')).toMatchObject({
      error: 'a.txt (EIO) cannot be read',
    });
    expect(await bench.told()).toEqual([]);
    broken = false;
    bench.write('a.txt', 'more');
    expect(await bench.untilPath('a.txt')).toEqual([{ path: 'a.txt', kind: 'modify' }]);
  });

  test('a name that is not UTF-8 is left out, and its folder named', async () => {
    const bench = await FilesBench.make();
    const name = Buffer.concat([Buffer.from(`${bench.directory}/x`), Buffer.from([0xff, 0xfe])]);
    writeFileSync(name, 'text');
    await bench.start();
    expect(bench.view.error).toBe(
      'the folder itself holds files whose names are not UTF-8: left out',
    );
    bench.write('b.txt');
    expect(await bench.untilPath('b.txt')).toEqual([{ path: 'b.txt', kind: 'create' }]);
    rmSync(name);
    bench.write('c.txt');
    bench.write('.gitignore');
    await bench.untilState('running');
  });
});

describe('a folder that is not there', () => {
  test('is waited for, and what differs when it is back is told', async () => {
    const bench = await FilesBench.make({ config: { path: 'root' } });
    bench.write('root/a.txt');
    bench.write('root/b/c.txt');
    await bench.start();
    bench.rename('root', 'away');
    const gone = await bench.untilState('degraded');
    expect(gone.error).toBe('there is no folder root; it is waited for');
    bench.write('away/a.txt', 'other');
    bench.rename('away', 'root');
    expect(await bench.untilPath('root/a.txt')).toEqual([{ path: 'root/a.txt', kind: 'modify' }]);
    await bench.untilState('running');
    bench.write('root/b/d.txt');
    await bench.untilPath('root/b/d.txt');
  });

  test('where a file stands is told so', async () => {
    const bench = await FilesBench.make({ config: { path: 'notes.md' } });
    bench.write('notes.md');
    await bench.start();
    expect(bench.view).toMatchObject({
      state: 'degraded',
      error: 'notes.md is there, but it is no folder; watch its folder with a pattern',
    });
  });

  test('at the first start counts as empty: what is in it when it comes has come', async () => {
    const first = await FilesBench.open({ config: { path: 'root' } });
    expect(first.view.state).toBe('degraded');
    first.write('later/a.txt');
    first.rename('later', 'root');
    expect(await first.untilPath('root/a.txt')).toEqual([{ path: 'root/a.txt', kind: 'create' }]);
    await first.untilState('running');
    await first.stop();
    const second = await FilesBench.open({ before: first, config: { path: 'other' } });
    await second.stop();
    second.write('other/b.txt');
    const third = await FilesBench.open({ before: second, config: { path: 'other' } });
    expect(await third.told()).toEqual([{ path: 'other/b.txt', kind: 'create' }]);
  });

  test('as far as one can say at the first start is learnt when it can be seen', async () => {
    let locked = true;
    const disk = diskWith({
      realPath: async (path) => {
        if (locked && path.endsWith('/root')) throw failure('EACCES');
        return systemDisk.realPath(path);
      },
    });
    const bench = await FilesBench.make({ disk, config: { path: 'root' } });
    bench.write('root/a.txt');
    await bench.start();
    expect(bench.view.state).toBe('degraded');
    locked = false;
    await bench.untilState('running');
    bench.write('root/b.txt');
    expect(await bench.untilPath('root/b.txt')).toEqual([{ path: 'root/b.txt', kind: 'create' }]);
  });

  test('is one that another took the place of', async () => {
    const bench = await FilesBench.make({ config: { path: 'root' } });
    bench.write('root/a.txt', 'one');
    bench.write('other/a.txt', 'two');
    bench.write('other/b.txt');
    await bench.start();
    bench.rename('root', 'away');
    symlinkSync('other', join(bench.directory, 'root'));
    expect(await bench.untilPath('root/b.txt')).toEqual([
      { path: 'root/a.txt', kind: 'modify' },
      { path: 'root/b.txt', kind: 'create' },
    ]);
    bench.write('other/c.txt');
    await bench.untilPath('root/c.txt');
  });
});

test('stopped while it looks, it hears of no folder any more', async () => {
  let open = 0;
  const disk = diskWith({
    watch(path, hear) {
      const watching = systemDisk.watch(path, hear);
      open += 1;
      return {
        close() {
          open -= 1;
          watching.close();
        },
      };
    },
  });
  const first = await FilesBench.make({ disk });
  for (let n = 0; n < 200; n++) first.write(`d${n}/a.txt`);
  await first.start();
  await first.stop();
  expect(open).toBe(0);
  const second = await FilesBench.make({ before: first, disk });
  const starting = second.start();
  await until(() => (open >= 20 ? true : undefined));
  await second.stop();
  await starting;
  expect(open).toBe(0);
});

test('what fails while it looks is tried again', async () => {
  let failing = false;
  const disk = diskWith({
    readText: async (path, bytesMax) => {
      if (failing) throw failure('EIO');
      return systemDisk.readText(path, bytesMax);
    },
    hashFile: async (path, ino) => {
      if (failing) throw failure('EIO');
      return systemDisk.hashFile(path, ino);
    },
  });
  const bench = await FilesBench.open({ disk });
  failing = true;
  bench.write('a.txt');
  expect(await bench.untilState('degraded')).toMatchObject({
    error: 'it cannot look at its files: EIO: it failed',
  });
  failing = false;
  expect(await bench.untilPath('a.txt')).toEqual([{ path: 'a.txt', kind: 'create' }]);
  await bench.untilState('running');
});

test('a folder swapped for a link again and again never shows what is outside (S26)', async () => {
  const looked: string[] = [];
  const disk = diskWith({
    hashFile: async (path, ino) => {
      const hash = await systemDisk.hashFile(path, ino);
      looked.push(path);
      return hash;
    },
  });
  const bench = await FilesBench.make({ disk, config: { path: 'root' } });
  bench.write('root/swapped/a.txt');
  bench.write('outside/secret.txt');
  await bench.start();
  for (let n = 0; n < 300; n++) {
    bench.rename('root/swapped', 'kept');
    symlinkSync('../outside', join(bench.directory, 'root/swapped'));
    bench.write('outside/secret.txt', String(n));
    await nextTurn();
    rmSync(join(bench.directory, 'root/swapped'));
    bench.rename('kept', 'root/swapped');
    bench.write(`root/n${n}.txt`);
    if (n % 30 === 0) await bench.untilPath(`root/n${n}.txt`);
  }
  await bench.untilPath('root/n299.txt');
  expect((await bench.told()).filter(({ path }) => path.includes('secret'))).toEqual([]);
  expect(looked.filter((path) => path.includes('secret'))).toEqual([]);
});
