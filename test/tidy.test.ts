import { describe, expect, test } from 'vitest';
import { lockProblems } from '../scripts/check-lock.mjs';
import { type Code, formatProblem, parseCode, readCode, readText } from './tidy/code.ts';
import { errorCodesOf } from './tidy/error-codes.ts';
import { PLANTED } from './tidy/planted.ts';
import { RULES } from './tidy/rules.ts';

const code: ReadonlyMap<string, Code[]> = new Map(
  ['src', 'test', 'scripts', 'bench', 'bin'].map((folder) => [folder, readCode(folder)]),
);

describe('the house rules hold', () => {
  test.each(RULES)('$name', ({ folders, check }) => {
    const files = folders.flatMap((folder) => code.get(folder) ?? []);
    expect(files.flatMap(check).map(formatProblem)).toEqual([]);
  });
});

describe('a rule finds what breaks it, and only that', () => {
  test.each(RULES)('$name', ({ name, check }) => {
    const planted = PLANTED.filter(({ rule }) => rule === name);
    for (const { path, text, lines } of planted) {
      const found = check(parseCode(path, text)).map(({ line }) => line);
      expect(found, `${path}\n${text.slice(0, 200)}`).toEqual(lines);
    }
    expect(planted.some(({ lines }) => lines.length > 0)).toBe(true);
    expect(planted.some(({ lines }) => lines.length === 0)).toBe(true);
  });

  test('a problem names the file, the line and the remedy', () => {
    const file = parseCode('src/runs/next.ts', '\nconst now = Date.now();\n');
    const [problem] = RULES.flatMap(({ check }) => check(file)).map(formatProblem);
    expect(problem).toBe('src/runs/next.ts:2: uses Date.now; take a Clock and ask its now()');
  });
});

describe('error codes', () => {
  const page = 'docs/reference/errors.md';
  const listed = [...readText(page).matchAll(/^\| `([a-z0-9._]+)` \|/gm)].map(([, name]) => name);
  const given = (code.get('src') ?? []).flatMap(errorCodesOf);

  test(`each stands in ${page} with its meaning and its remedy`, () => {
    const missing = new Map(
      given
        .filter((found) => !listed.includes(found.code))
        .map(({ code: name, path, line }) => [name, `${path}:${line}: add a row for "${name}"`]),
    );
    expect([...missing.values()]).toEqual([]);
  });

  test(`${page} lists none that is gone, and none twice`, () => {
    const codes = given.map((found) => found.code);
    expect(listed.filter((name) => name !== undefined && !codes.includes(name))).toEqual([]);
    expect(listed).toEqual([...new Set(listed)]);
  });

  test('are found wherever an error, a finding or an answer is made', () => {
    const file = parseCode(
      'src/a.ts',
      `throw new SignalboxError('a.one', 'not.this one');
      class BError extends SignalboxError { constructor() { super(o.code ?? 'b.two', ''); } }
      report({ code: bad ? 'c.three' : 'c.four' });
      return failure('d.five', text);
      const code = own ?? 'e.six';
      emit('run.started');`,
    );
    const codes = ['a.one', 'b.two', 'c.three', 'c.four', 'd.five', 'e.six'];
    expect(errorCodesOf(file).map((found) => found.code)).toEqual(codes);
  });
});

describe('the package', () => {
  test('runs no script of ours where it is installed', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const refused = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    expect(Object.keys(scripts).filter((name) => refused.includes(name))).toEqual([]);
  });

  test('has a lock file that every platform and every registry can use', () => {
    expect(lockProblems(JSON.parse(readText('package-lock.json')))).toEqual([]);
  });

  test('a lock file bound to one registry, or to this platform, is refused', () => {
    const complete = { version: '1.0.0', integrity: 'sha512-x' };
    const packages = {
      '': {},
      'node_modules/a': { ...complete, optionalDependencies: { 'a-linux': '1', 'a-darwin': '1' } },
      'node_modules/a-linux': { ...complete, resolved: 'https://registry.example/a-linux.tgz' },
      'node_modules/b': { version: '1.0.0' },
    };
    expect(lockProblems({ packages })).toEqual([
      'node_modules/a may need a-darwin, which is missing',
      'node_modules/a-linux is bound to https://registry.example/a-linux.tgz',
      'node_modules/b lacks its version or its integrity',
    ]);
  });
});
