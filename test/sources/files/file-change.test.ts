import { mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FilesBench } from './files-bench.ts';

describe('while it watches', () => {
  test('files that are there already are nobody’s news', async () => {
    const bench = await FilesBench.make();
    bench.write('a.txt');
    await bench.start();
    bench.write('b.txt');
    expect(await bench.untilPath('b.txt')).toEqual([{ path: 'b.txt', kind: 'create' }]);
    expect(bench.view.state).toBe('running');
  });

  test('a burst is one event that lists what changed, in the order of the paths', async () => {
    const bench = await FilesBench.make();
    bench.write('old.txt');
    bench.write('gone.txt');
    await bench.start();
    bench.write('new/deep/er.txt');
    bench.write('old.txt', 'other');
    bench.remove('gone.txt');
    await bench.untilPath('old.txt');
    const [event, ...more] = await bench.events();
    expect(more).toEqual([]);
    expect(JSON.parse(event?.data ?? '')).toEqual({
      files: ['gone.txt', 'new/deep/er.txt', 'old.txt'],
      changes: [
        { path: 'gone.txt', kind: 'delete' },
        { path: 'new/deep/er.txt', kind: 'create' },
        { path: 'old.txt', kind: 'modify' },
      ],
    });
    expect(event?.source).toBe('file_change:.');
  });

  test('what a file is in the end counts, however it came to be so', async () => {
    const bench = await FilesBench.make();
    bench.write('a.txt', '1');
    bench.write('b.txt', '1');
    await bench.start();
    bench.replace('a.txt', '2');
    bench.write('b.txt', '2');
    bench.write('b.txt', '1');
    bench.write('c.txt', '1');
    bench.remove('c.txt');
    bench.write('end.txt');
    expect(await bench.untilPath('end.txt')).toEqual([
      { path: 'a.txt', kind: 'modify' },
      { path: 'end.txt', kind: 'create' },
    ]);
  });

  test('a file that is written anew as it was has not changed', async () => {
    const bench = await FilesBench.make();
    bench.write('a.txt', 'same');
    await bench.start();
    bench.write('a.txt', 'same');
    utimesSync(join(bench.directory, 'a.txt'), 1, 1);
    bench.replace('a.txt', 'same');
    bench.write('end.txt');
    expect(await bench.untilPath('end.txt')).toEqual([{ path: 'end.txt', kind: 'create' }]);
  });

  test('50 atomic replaces of one file end with its last content', async () => {
    const bench = await FilesBench.make();
    bench.write('a.txt', '0');
    await bench.start();
    for (let n = 1; n <= 50; n++) {
      bench.replace('a.txt', String(n));
      await bench.untilTold((told) => told.length >= n);
    }
    expect(await bench.told()).toEqual(
      Array.from({ length: 50 }, () => ({ path: 'a.txt', kind: 'modify' })),
    );
  });

  test('a second write right after the first is told too, same size and time', async () => {
    const bench = await FilesBench.make({ config: { debounce_ms: 0 } });
    bench.write('a.txt', '0');
    await bench.start();
    for (let n = 1; n <= 30; n++) {
      bench.write('a.txt', String(n % 10));
      utimesSync(join(bench.directory, 'a.txt'), 1_000, 1_000);
      await bench.untilTold((told) => told.length >= n);
    }
    expect(await bench.told()).toHaveLength(30);
  });

  test('nothing is lost of folders that appear with files in them', async () => {
    const bench = await FilesBench.open();
    const paths = Array.from({ length: 200 }, (_, n) => `a${n}/b/c/file.txt`);
    for (const path of paths) bench.write(path);
    const told = await bench.untilTold((all) => all.length >= paths.length);
    expect(told.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
    bench.write('a7/b/c/later.txt');
    await bench.untilPath('a7/b/c/later.txt');
  });

  test('a folder that is removed and made anew is heard of again', async () => {
    const bench = await FilesBench.make();
    bench.write('a/b/one.txt');
    await bench.start();
    for (let n = 0; n < 5; n++) {
      bench.remove('a');
      bench.write(`a/b/two${n}.txt`);
      await bench.untilPath(`a/b/two${n}.txt`);
      bench.write(`a/b/three${n}.txt`);
      await bench.untilPath(`a/b/three${n}.txt`);
    }
    expect((await bench.told()).filter(({ kind }) => kind === 'create')).toHaveLength(10);
  });

  test('a folder that is renamed is all of its files under other names', async () => {
    const bench = await FilesBench.make({ config: { events: ['rename'] } });
    bench.write('a/b/one.txt');
    bench.write('a/two.txt');
    await bench.start();
    bench.rename('a', 'z');
    expect(await bench.untilTold((told) => told.length > 0)).toEqual([
      { path: 'z/b/one.txt', kind: 'rename', from: 'a/b/one.txt' },
      { path: 'z/two.txt', kind: 'rename', from: 'a/two.txt' },
    ]);
    bench.rename('z/b/one.txt', 'z/b/three.txt');
    const told = await bench.untilPath('z/b/three.txt');
    expect(told.at(-1)).toEqual({ path: 'z/b/three.txt', kind: 'rename', from: 'z/b/one.txt' });
  });

  test('a rename is one file gone and one come to those who did not ask for renames', async () => {
    const bench = await FilesBench.make();
    bench.write('a.txt');
    await bench.start();
    bench.rename('a.txt', 'b.txt');
    expect(await bench.untilPath('b.txt')).toEqual([
      { path: 'a.txt', kind: 'delete' },
      { path: 'b.txt', kind: 'create' },
    ]);
  });

  test('only the kinds that are asked for are told', async () => {
    const bench = await FilesBench.make({ config: { events: ['modify'] } });
    bench.write('a.txt', '1');
    await bench.start();
    bench.write('b.txt');
    bench.write('a.txt', '2');
    expect(await bench.untilPath('a.txt')).toEqual([{ path: 'a.txt', kind: 'modify' }]);
    bench.write('b.txt', '2');
    expect(await bench.untilPath('b.txt')).toHaveLength(2);
  });

  test('writes that never cease are told after the longest wait', async () => {
    const bench = await FilesBench.open({ config: { debounce_ms: 600_000, max_wait_ms: 100 } });
    let writes = 0;
    const told = await bench.untilTold((all) => {
      bench.write('a.txt', String((writes += 1)));
      return all.length >= 2;
    });
    expect(told).toEqual([
      { path: 'a.txt', kind: 'create' },
      { path: 'a.txt', kind: 'modify' },
    ]);
  });

  test('a file becomes a folder, a folder a link, a link a file', async () => {
    const bench = await FilesBench.make();
    bench.write('a');
    bench.write('b/one.txt');
    mkdirSync(join(bench.directory, 'elsewhere'));
    symlinkSync('elsewhere', join(bench.directory, 'c'));
    await bench.start();
    bench.remove('a');
    bench.write('a/inside.txt');
    bench.remove('b');
    symlinkSync('elsewhere', join(bench.directory, 'b'));
    unlinkSync(join(bench.directory, 'c'));
    writeFileSync(join(bench.directory, 'c'), 'text');
    const told = await bench.untilTold((all) => all.length >= 5);
    expect(told.toSorted((x, y) => (x.path < y.path ? -1 : 1))).toEqual([
      { path: 'a', kind: 'delete' },
      { path: 'a/inside.txt', kind: 'create' },
      { path: 'b', kind: 'create' },
      { path: 'b/one.txt', kind: 'delete' },
      { path: 'c', kind: 'modify' },
    ]);
  });

  test('a name with a newline is a name; the path stands in the event as it is', async () => {
    const bench = await FilesBench.open();
    bench.write('two\nlines "and" \u{1F600}.txt');
    const path = 'two\nlines "and" \u{1F600}.txt';
    expect(await bench.untilPath(path)).toEqual([{ path, kind: 'create' }]);
  });

  test('paths are those that the configuration’s folder sees', async () => {
    const bench = await FilesBench.make({ config: { path: './docs/', pattern: '*.md' } });
    bench.write('docs/a.md');
    bench.write('b.md');
    await bench.start();
    bench.write('b.md', '2');
    bench.write('docs/deep/c.md');
    bench.write('docs/a.md', '2');
    expect(await bench.untilPath('docs/a.md')).toEqual([{ path: 'docs/a.md', kind: 'modify' }]);
  });
});
