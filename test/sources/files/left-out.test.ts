import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FilesBench } from './files-bench.ts';

/** What is told of these files when they are written while it watches. */
async function toldOf(config: object, paths: readonly string[]): Promise<string[]> {
  const bench = await FilesBench.open({ config });
  for (const path of paths) bench.write(path);
  bench.write('zz/end.txt');
  const told = await bench.untilPath('zz/end.txt');
  return told.map(({ path }) => path).filter((path) => path !== 'zz/end.txt');
}

describe('globs', () => {
  test('a pattern says which files are meant, dots or not', async () => {
    const config = { pattern: ['**/*.ts', 'zz/**'] };
    const paths = ['a.ts', 'x/b.ts', '.hidden/c.ts', '.d.ts', 'a.js', 'x/b.tsx'];
    expect(await toldOf(config, paths)).toEqual(['.d.ts', '.hidden/c.ts', 'a.ts', 'x/b.ts']);
  });

  test('what is ignored is not looked into', async () => {
    const config = { ignore: ['node_modules/', '**/dist', '**/*.log'] };
    const paths = ['node_modules/a/b.js', 'x/dist/c.js', 'x/d.log', 'x/e.js', 'dist.js'];
    expect(await toldOf(config, paths)).toEqual(['dist.js', 'x/e.js']);
  });

  test('a pattern within a folder needs no other folder', async () => {
    const config = { pattern: ['src/lib/**/*.ts', 'zz/*'] };
    const paths = ['src/lib/x/a.ts', 'src/b.ts', 'other/lib/c.ts'];
    expect(await toldOf(config, paths)).toEqual(['src/lib/x/a.ts']);
  });
});

test.each(['.signalbox', '.signalbox/logs'])(
  'a source of the data directory is told so, and sees nothing: %s',
  async (path) => {
    const bench = await FilesBench.make({ config: { path } });
    bench.write(`${path}/a.txt`);
    await bench.start();
    expect(bench.view).toMatchObject({
      state: 'degraded',
      error: expect.stringContaining('is where the daemon keeps its data'),
    });
    bench.write(`${path}/a.txt`, 'other');
    bench.write(`${path}/b/c.txt`);
    await bench.stop();
    const second = await FilesBench.make({ before: bench, config: { path } });
    await second.start();
    expect(await second.told()).toEqual([]);
  },
);

describe('.gitignore', () => {
  test('of each folder holds for what is in it and below, the nearest first', async () => {
    const bench = await FilesBench.make();
    bench.write('.gitignore', '*.log\n/build/\n!keep.log\n');
    bench.write('x/.gitignore', '!y.log\nsecret.txt\n');
    await bench.start();
    const left = ['a.log', 'build/b.js', 'x/secret.txt', 'x/z/secret.txt', 'x/z.log'];
    const told = ['keep.log', 'x/build/c.js', 'x/y.log', 'zz.txt', 'secret.txt'];
    for (const path of [...left, ...told]) bench.write(path);
    const paths = (await bench.untilTold((all) => all.length >= told.length)).map(
      (one) => one.path,
    );
    expect(paths).toEqual(told.toSorted());
  });

  test('is not heeded where that is said', async () => {
    const bench = await FilesBench.make({ config: { gitignore: false } });
    bench.write('.gitignore', '*.log\n/build/\n');
    await bench.start();
    for (const path of ['a.log', 'build/b.js', 'c.txt']) bench.write(path);
    const told = await bench.untilTold((all) => all.length >= 3);
    expect(told.map(({ path }) => path)).toEqual(['a.log', 'build/b.js', 'c.txt']);
  });

  test('that lie around the folder count up to the top of the repository', async () => {
    const bench = await FilesBench.make({ config: { path: 'top/src/lib' } });
    bench.write('.gitignore', '*.md\n');
    mkdirSync(join(bench.directory, 'top/.git'), { recursive: true });
    bench.write('top/.gitignore', '*.log\nsrc/lib/out/\n');
    bench.write('top/src/.gitignore', '!important.log\n');
    bench.write('top/src/lib/a.txt');
    await bench.start();
    const left = ['b.log', 'out/c.txt'];
    const told = ['d.md', 'important.log', 'x/e.txt'];
    for (const path of [...left, ...told]) bench.write(`top/src/lib/${path}`);
    const all = await bench.untilTold((some) => some.length >= told.length);
    expect(all.map(({ path }) => path)).toEqual(told.map((path) => `top/src/lib/${path}`));
  });

  test('what a change of it hides is forgotten, what it uncovers has come', async () => {
    const bench = await FilesBench.make();
    bench.write('.gitignore', 'b/\n');
    bench.write('a/x.txt');
    bench.write('b/y.txt');
    await bench.start();
    bench.write('.gitignore', 'a/\n');
    expect(await bench.untilPath('b/y.txt')).toEqual([
      { path: '.gitignore', kind: 'modify' },
      { path: 'b/y.txt', kind: 'create' },
    ]);
    bench.remove('a');
    bench.write('b/y.txt', '2');
    expect((await bench.untilTold((told) => told.length === 3)).at(-1)).toEqual({
      path: 'b/y.txt',
      kind: 'modify',
    });
  });
});

describe('never looked into are', () => {
  test('.git folders and the data directory', async () => {
    const paths = [
      '.git/HEAD',
      'x/.git/HEAD',
      '.signalbox/token',
      '.github/a.yml',
      '.gitattributes',
    ];
    expect(await toldOf({}, paths)).toEqual(['.gitattributes', '.github/a.yml']);
  });

  test('places that a link leads to; the link itself is a file', async () => {
    const bench = await FilesBench.make({ config: { path: 'root' } });
    bench.write('outside/secret.txt');
    bench.write('root/inside/a.txt');
    symlinkSync('../outside', join(bench.directory, 'root/old'));
    await bench.start();
    symlinkSync('../outside', join(bench.directory, 'root/new'));
    symlinkSync('inside', join(bench.directory, 'root/loop'));
    symlinkSync('../outside/secret.txt', join(bench.directory, 'root/file'));
    bench.write('outside/secret.txt', 'changed');
    bench.write('outside/more.txt');
    bench.write('root/zz.txt');
    expect(await bench.untilPath('root/zz.txt')).toEqual(
      ['file', 'loop', 'new', 'zz.txt'].map((name) => ({ path: `root/${name}`, kind: 'create' })),
    );
    bench.remove('root/file');
    symlinkSync('../outside/more.txt', join(bench.directory, 'root/file'));
    expect((await bench.untilTold((told) => told.length === 5)).at(-1)).toEqual({
      path: 'root/file',
      kind: 'modify',
    });
  });

  test('a folder that a link took the place of', async () => {
    const bench = await FilesBench.make({ config: { path: 'root' } });
    bench.write('outside/a.txt', 'secret');
    bench.write('outside/b.txt', 'secret');
    bench.write('root/folder/a.txt');
    await bench.start();
    bench.rename('root/folder', 'folder');
    symlinkSync('../outside', join(bench.directory, 'root/folder'));
    expect(await bench.untilPath('root/folder')).toEqual([
      { path: 'root/folder', kind: 'create' },
      { path: 'root/folder/a.txt', kind: 'delete' },
    ]);
  });
});
