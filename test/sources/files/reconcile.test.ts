import { describe, expect, test } from 'vitest';
import { until } from '../../server/until.ts';
import { FilesBench } from './files-bench.ts';

describe('what happened while it was down is told at the next start', () => {
  test('each kind of change, once', async () => {
    const first = await FilesBench.make({
      config: { events: ['create', 'modify', 'delete', 'rename'] },
    });
    for (const name of ['kept', 'modified', 'deleted', 'renamed']) first.write(`${name}.txt`);
    await first.start();
    await first.stop();
    first.write('created.txt');
    first.write('modified.txt', 'other');
    first.remove('deleted.txt');
    first.rename('renamed.txt', 'named.txt');
    const config = { events: ['create', 'modify', 'delete', 'rename'] };
    const second = await FilesBench.open({ before: first, config });
    expect(await second.told()).toEqual([
      { path: 'created.txt', kind: 'create' },
      { path: 'deleted.txt', kind: 'delete' },
      { path: 'modified.txt', kind: 'modify' },
      { path: 'named.txt', kind: 'rename', from: 'renamed.txt' },
    ]);
    const reconciled = await until(async () => (await second.events('source.reconciled'))[0]);
    expect(JSON.parse(reconciled.data)).toMatchObject({
      found: [{ source: 'file_change:.', recovered: 4, skipped: 0, what: 'file changes' }],
    });
    await second.stop();
    const third = await FilesBench.open({ before: second, config });
    expect(await third.told()).toEqual([]);
  });

  test('what an event tells and what is remembered of it are one commit', async () => {
    const first = await FilesBench.open();
    first.write('a.txt');
    await first.untilPath('a.txt');
    const second = await FilesBench.open({ before: first });
    expect(await second.told()).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'dead after %d commits, it tells all in the end, nothing twice',
    async (commits) => {
      const first = await FilesBench.open();
      await first.stop();
      const paths = Array.from({ length: 2_500 }, (_, n) => `f${n % 7}/${n}.txt`).toSorted();
      for (const path of paths) first.write(path);
      const dying = await FilesBench.make({ before: first, commits });
      void dying.start();
      const before = await dying.untilTold((all) => dying.isDead || all.length === paths.length);
      const last = await FilesBench.open({ before: dying });
      const rest = await last.untilTold((all) => before.length + all.length >= paths.length);
      expect([...before, ...rest].map(({ path }) => path)).toEqual(paths);
    },
  );

  test('a tree that was not learnt whole is learnt anew', async () => {
    const dying = await FilesBench.make({ commits: 3 });
    for (let n = 0; n < 3_000; n++) dying.write(`${n}.txt`);
    void dying.start();
    const second = await FilesBench.open({ before: dying });
    expect(await second.told()).toEqual([]);
    second.write('1.txt', 'other');
    expect(await second.untilPath('1.txt')).toEqual([{ path: '1.txt', kind: 'modify' }]);
  });

  test('other globs: what they add is learnt, what they leave out is forgotten', async () => {
    const first = await FilesBench.make({ config: { pattern: '*.ts' } });
    for (const path of ['a.ts', 'b.ts', 'c.js']) first.write(path);
    await first.start();
    await first.stop();
    first.write('a.ts', 'other');
    first.write('d.ts');
    const second = await FilesBench.open({ before: first, config: { pattern: ['*.ts', '*.js'] } });
    expect(await second.told()).toEqual([
      { path: 'a.ts', kind: 'modify' },
      { path: 'd.ts', kind: 'create' },
    ]);
    await second.stop();
    const third = await FilesBench.open({ before: second, config: { pattern: '*.js' } });
    third.write('c.js', 'other');
    third.write('a.ts', 'again');
    expect(await third.untilPath('c.js')).toEqual([{ path: 'c.js', kind: 'modify' }]);
  });

  test('what git leaves out is learnt where it is watched from now on', async () => {
    const first = await FilesBench.make();
    first.write('.gitignore', 'dist/\n*.log\n');
    for (const path of ['dist/a/b.js', 'x/b.log', 'x/c.txt']) first.write(path);
    await first.start();
    await first.stop();
    first.write('x/d.txt');
    const second = await FilesBench.open({ before: first, config: { gitignore: false } });
    expect(await second.told()).toEqual([{ path: 'x/d.txt', kind: 'create' }]);
    second.write('dist/a/b.js', 'other');
    expect(await second.untilPath('dist/a/b.js')).toContainEqual({
      path: 'dist/a/b.js',
      kind: 'modify',
    });
  });

  test('another folder is learnt as if it were the first', async () => {
    const first = await FilesBench.make();
    first.write('a/x.txt');
    first.write('b/y.txt');
    await first.start();
    await first.stop();
    const second = await FilesBench.open({ before: first, config: { path: 'b' } });
    expect(await second.told()).toEqual([]);
    second.write('b/y.txt', 'other');
    expect(await second.untilPath('b/y.txt')).toEqual([{ path: 'b/y.txt', kind: 'modify' }]);
  });
});

test('10,000 changes of every kind while it was down are told exactly (F44)', async () => {
  const config = { events: ['create', 'modify', 'delete', 'rename'] };
  const first = await FilesBench.make({ config });
  for (let n = 0; n < 7_500; n++) first.write(`d${n % 50}/${n}.txt`);
  await first.start();
  await first.stop();
  const wanted = [];
  for (let n = 0; n < 2_500; n++) {
    const [modified, deleted, renamed] = [n, n + 2_500, n + 5_000].map(
      (k) => `d${k % 50}/${k}.txt`,
    );
    const created = `e${n % 50}/${n}.txt`;
    const moved = `d${n % 50}/moved-${n}.txt`;
    first.write(created);
    first.write(modified ?? '', 'other');
    first.remove(deleted ?? '');
    first.rename(renamed ?? '', moved);
    wanted.push(
      { path: created, kind: 'create' },
      { path: modified, kind: 'modify' },
      { path: deleted, kind: 'delete' },
      { path: moved, kind: 'rename', from: renamed },
    );
  }
  const second = await FilesBench.open({ before: first, config });
  const told = await second.untilTold((all) => all.length >= 10_000);
  const byPath = (a: { path?: string | undefined }, b: { path?: string | undefined }): number =>
    (a.path ?? '') < (b.path ?? '') ? -1 : 1;
  expect(told).toEqual(wanted.toSorted(byPath));
  const events = await second.events();
  expect(events.every(({ data }) => data.length < 600_000)).toBe(true);
  expect(events.length).toBeLessThanOrEqual(4);
});
