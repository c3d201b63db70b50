/** A small file and the lines at which one rule must find it wrong; none where it is right. */
export interface Planted {
  readonly rule: string;
  readonly path: string;
  readonly text: string;
  readonly lines: readonly number[];
}

const IMPORTS = 'imports point to the left';
const CLOCKS = 'only std knows clocks and randomness';
const PROCESSES = 'only std/process.ts starts processes';
const SQL = 'only the store speaks SQL';
const TERMINAL = 'only the command line prints and exits';
const LANGUAGE = 'the language is used without its traps';
const COMMENTS = 'no comment puts off or silences';
const NAMES = 'names are kebab-case and say something';
const BARRELS = 'no barrel but the index';
const EXPLAINED = 'every export is explained';
const TESTS = 'tests run, for real, without sleeping';
// Put together here, so that the rule does not find this file.
const LEFT_OVER = ['TO', 'DO'].join('');
const IGNORE = ['@ts', 'ignore'].join('-');
const DISABLE = ['oxlint', 'disable'].join('-');

export const PLANTED: readonly Planted[] = [
  plant(IMPORTS, 'src/store/a.ts', `import type { Run } from '../runs/run.ts';`, [1]),
  plant(IMPORTS, 'src/events/a.ts', `\nexport * from '../store/b.ts';`, [2]),
  plant(IMPORTS, 'src/events/a.ts', `type A = import('../store/b.ts').B;`, [1]),
  plant(IMPORTS, 'src/events/a.ts', `await import('../store/b.ts');`, [1]),
  plant(IMPORTS, 'src/std/a.ts', `new Worker(new URL('../store/w.ts', import.meta.url));`, [1]),
  plant(IMPORTS, 'src/config.ts', `import { open } from './signalbox.ts';`, [1]),
  plant(IMPORTS, 'src/std/a.ts', `import { build } from '../../scripts/build.mjs';`, [1]),
  plant(IMPORTS, 'src/cli/a.ts', `new URL('../../package.json', import.meta.url);`, []),
  plant(IMPORTS, 'src/stdlib/a.ts', `export {};`, [1]),
  plant(IMPORTS, 'src/runs/a.ts', `import { B } from './b.ts';\nimport '../std/c.ts';`, []),
  plant(IMPORTS, 'src/cli/a.ts', `import { open } from '../signalbox.ts';\nimport 'zod';`, []),

  plant('a file has at most 400 lines', 'src/std/a.ts', 'f();\n'.repeat(401), [401]),
  plant('a file has at most 400 lines', 'src/std/a.ts', 'f();\n'.repeat(400), []),
  plant('a function has at most 70 lines', 'src/std/a.ts', lines('function f() {', 69), [1]),
  plant('a function has at most 70 lines', 'src/std/a.ts', lines('const f = () => {', 69), [1]),
  plant('a function has at most 70 lines', 'src/std/a.ts', lines('function f() {', 68), []),
  plant(
    'a function has at most 70 lines',
    'test/a.ts',
    `${lines(`describe('a', () => { test('b', f);`, 90)})`,
    [],
  ),
  plant('a line has at most 100 columns', 'src/std/a.ts', `\n// ${'x'.repeat(98)}`, [2]),
  plant('a line has at most 100 columns', 'src/std/a.ts', `\n// ${'ä'.repeat(97)}`, []),

  plant(CLOCKS, 'src/runs/a.ts', `const now = Date.now();`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `const now = globalThis.performance.now();`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `const now = new Date();`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `schedule(Math.random);`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `setTimeout(f, 10);\nsetInterval(f, 10);`, [1, 2]),
  plant(CLOCKS, 'src/runs/a.ts', `fetch(url, { signal: AbortSignal.timeout(10) });`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `import { createHash, randomUUID } from 'node:crypto';`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `import { setTimeout as s } from 'node:timers/promises';`, [1]),
  plant(CLOCKS, 'src/runs/a.ts', `setImmediate(f);`, [1]),
  plant(CLOCKS, 'src/store/a.ts', `setImmediate(f);`, []),
  plant(CLOCKS, 'src/std/clock.ts', `const now = Date.now();`, []),
  plant(CLOCKS, 'src/runs/a.ts', `valueOf();`, []),
  plant(CLOCKS, 'src/runs/a.ts', `clock.now();\nnew Date(clock.now());\nDate.parse('');`, []),
  plant(CLOCKS, 'src/runs/a.ts', `import { createHash } from 'node:crypto';`, []),

  plant(PROCESSES, 'src/steps/run.ts', `import { spawn } from 'node:child_process';`, [1]),
  plant(PROCESSES, 'src/steps/run.ts', `\nimport { execa } from 'execa';`, [2]),
  plant(PROCESSES, 'src/std/process.ts', `import { execa } from 'execa';`, []),
  plant(PROCESSES, 'src/steps/run.ts', `import { start } from '../std/process.ts';`, []),

  plant(SQL, 'src/views/a.ts', `db.get('SELECT id FROM runs');`, [1]),
  plant(SQL, 'src/views/a.ts', 'const q = `\n  UPDATE runs SET at = ${at}`;', [1]),
  plant(SQL, 'src/views/a.ts', `f('DELETE FROM runs');\nf('insert into runs values (1)');`, [1, 2]),
  plant(SQL, 'src/views/a.ts', `f('PRAGMA synchronous=OFF');\nf('CREATE TABLE t (a)');`, [1, 2]),
  plant(SQL, 'src/views/a.ts', `f('COMMIT');`, [1]),
  plant(SQL, 'src/views/a.ts', `import { DatabaseSync } from '@photostructure/sqlite';`, [1]),
  plant(SQL, 'src/store/sqlite/a.ts', `db.get('SELECT id FROM runs');`, []),
  plant(SQL, 'src/views/a.ts', `f('Select a run from the list, then commit the change.');`, []),

  plant(TERMINAL, 'src/runs/a.ts', `console.log('x');\nprocess.exit(1);`, [1, 2]),
  plant(TERMINAL, 'src/cli/a.ts', `console.log('x');\nprocess.exit(1);`, []),
  plant(TERMINAL, 'src/runs/a.ts', `logger.info('x');\nprocess.pid;`, []),

  plant(
    LANGUAGE,
    'src/runs/a.ts',
    `let a: any;\nconst b = c!.d;\nclass E { f!: string }`,
    [1, 2, 3],
  ),
  plant(LANGUAGE, 'src/runs/a.ts', `enum A { B }\nnamespace C {}\nexport default D;`, [1, 2, 3]),
  plant(LANGUAGE, 'src/runs/a.ts', `export default function f() {}`, [1]),
  plant(LANGUAGE, 'src/runs/a.ts', `let any: unknown = !b;\nconst c = any !== d;`, []),

  plant(COMMENTS, 'src/runs/a.ts', `f(); // ${LEFT_OVER}: more\n/* ${LEFT_OVER} */`, [1, 2]),
  plant(COMMENTS, 'src/runs/a.ts', `// ${IGNORE}\nf();`, [1]),
  plant(COMMENTS, 'src/runs/a.ts', `f({ // ${DISABLE}-line no-eval\n});`, [1]),
  plant(COMMENTS, 'src/runs/a.ts', `// ${DISABLE}-next-line no-eval -- because\nf();`, []),
  plant(COMMENTS, 'src/runs/a.ts', `f('// ${LEFT_OVER}', \`${LEFT_OVER}\`); // todos`, []),

  plant(NAMES, 'src/runs/settleRun.ts', '', [1]),
  plant(NAMES, 'src/runs/types.ts', '', [1]),
  plant(NAMES, 'src/utils/settle.ts', '', [1]),
  plant(NAMES, 'src/runs/run-manager.ts', '', [1]),
  plant(NAMES, 'src/events/own-types.ts', '', []),
  plant(NAMES, 'test/runs/settle.test.ts', '', []),

  plant(
    BARRELS,
    'src/runs/index.ts',
    `export * from './run.ts';\nexport { a } from './b.ts';`,
    [1, 2],
  ),
  plant(BARRELS, 'src/index.ts', `export * from './runs/run.ts';\nconst a = 1;`, [2]),
  plant(BARRELS, 'src/index.ts', `export { a } from './runs/run.ts';`, []),
  plant(BARRELS, 'src/runs/a.ts', `const a = 1;\nexport { a };`, []),

  plant(EXPLAINED, 'src/runs/a.ts', `export function f() {}`, [1]),
  plant(EXPLAINED, 'src/runs/a.ts', `/** A. */\nexport interface A {}\nexport class B {}`, [3]),
  plant(EXPLAINED, 'src/runs/a.ts', `/** A. */\nexport type A = 1;\nf();\nexport type B = 1;`, [4]),
  plant(
    EXPLAINED,
    'src/runs/a.ts',
    `/** A. */\nexport type A = 1;\n${lines('export type B = {', 15)}`,
    [3],
  ),
  plant(EXPLAINED, 'src/runs/a.ts', `/** A. */\nexport type A = 1;\nexport type B = 1;`, []),
  plant(EXPLAINED, 'src/runs/a.ts', `export type B = 1;\n/** A. */\nexport function f() {}`, []),
  plant(EXPLAINED, 'src/runs/a.ts', `export type A = 1;\nexport type B = 1;`, [1, 2]),
  plant(EXPLAINED, 'src/runs/a.ts', `/** A. */\nexport function f() {}\nfunction g() {}`, []),

  plant(TESTS, 'test/a.test.ts', `test.skip('a', f);\ndescribe.only('b', f);`, [1, 2]),
  plant(TESTS, 'test/a.test.ts', `vi.mock('../src/a.ts');`, [1]),
  plant(TESTS, 'test/a.test.ts', `import { setTimeout } from 'node:timers/promises';`, [1]),
  plant(TESTS, 'test/a.test.ts', `test.each([1])('a', f);`, []),
];

function plant(rule: string, path: string, text: string, found: readonly number[]): Planted {
  return { rule, path, text, lines: found };
}

/** A block that opens with `first`, holds `count` lines and is closed. */
function lines(first: string, count: number): string {
  return `${first}\n${'\n'.repeat(count)}}`;
}
