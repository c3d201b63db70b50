import ts from 'typescript';
import { type Code, nodesOf, type Problem, problemAt } from './code.ts';
import { importsOf } from './rooms.ts';

/** Time, timers and randomness reach the code through ports, so that a test can hold them still. */
const CLOCKS: ReadonlyMap<string, string> = new Map([
  ['Date.now', 'take a Clock and ask its now()'],
  ['performance.now', 'take a Clock and ask its monotonic()'],
  ['process.hrtime', 'take a Clock and ask its monotonic()'],
  ['Math.random', 'take a Random'],
  ['setTimeout', 'take a Clock and use its schedule()'],
  ['setInterval', 'take a Clock and use its schedule()'],
  ['AbortSignal.timeout', 'take a Clock and abort by its schedule()'],
  ['crypto.randomUUID', 'use randomText() of std/random.ts'],
  ['crypto.randomBytes', 'use randomText() of std/random.ts'],
  ['crypto.getRandomValues', 'use randomText() of std/random.ts'],
]);
/** Rooms that may put work off to the loop's next turn: a group commit waits for just that. */
const TURNS = /^src\/(std|store)\//;
const CLOCK_MODULES = /^(node:)?(timers|timers\/promises|perf_hooks)$/;

/** Reads of the machine's clock or randomness outside src/std. */
export function checkClocks(code: Code): Problem[] {
  if (code.path.startsWith('src/std/')) return [];
  return [
    ...importedClocks(code),
    ...[...nodesOf(code.tree)].flatMap((node) => usedClock(code, node)),
  ];
}

function usedClock(code: Code, node: ts.Node): Problem[] {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
    return [problemAt(code, node, 'reads the clock; take a Clock and ask its now()')];
  }
  const name = nameOfUse(node);
  if (name === 'setImmediate' && !TURNS.test(code.path)) {
    return [
      problemAt(code, node, 'puts work off by setImmediate; wait for what it waits for instead'),
    ];
  }
  const remedy = name === undefined ? undefined : CLOCKS.get(name);
  return remedy === undefined ? [] : [problemAt(code, node, `uses ${name}; ${remedy}`)];
}

/** `a.b` of a property access, and `a` of a call of a plain name. */
function nameOfUse(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.getText().replace(/^globalThis\./, '');
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return node.expression.text;
  return undefined;
}

function importedClocks(code: Code): Problem[] {
  return code.tree.statements.filter(ts.isImportDeclaration).flatMap((node) => {
    const module = (node.moduleSpecifier as ts.StringLiteral).text;
    const names = node.importClause?.namedBindings?.getText() ?? '';
    const random = /^(node:)?crypto$/.test(module) && /\brandom[A-Z]/.test(names);
    if (!CLOCK_MODULES.test(module) && !random) return [];
    return [problemAt(code, node, `imports ${random ? names : module}; use the ports of src/std`)];
  });
}

/** Processes started anywhere but in the one file that also kills them. */
export function checkProcesses(code: Code): Problem[] {
  if (code.path === 'src/std/process.ts') return [];
  return refuseImports(code, /^((node:)?(child_process|cluster)|execa)$/, 'use src/std/process.ts');
}

const SQL = [
  /\bSELECT\b[\s\S]*\bFROM\b|\bSELECT (\d|count\()/,
  /\b(INSERT|REPLACE) (OR \w+ )?INTO\b|\binsert into \w+/,
  /\bUPDATE\b[\s\S]*\bSET\b/,
  /\bDELETE FROM\b/,
  /\b(CREATE|DROP|ALTER) (UNIQUE |TEMP )?(TABLE|INDEX|TRIGGER|VIEW)\b|\bcreate table\b/,
  /\b(PRAGMA|pragma) \w+/,
  /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|VACUUM)\b/,
];

/** SQL, or a database's driver, outside src/store. */
export function checkSql(code: Code): Problem[] {
  if (code.path.startsWith('src/store/')) return [];
  const texts = [...nodesOf(code.tree)].filter(
    (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node),
  );
  const remedy = 'put the query into src/store and give it a name';
  return [
    ...refuseImports(code, /^(node:sqlite|@photostructure\/sqlite|pg|@journeyapps\/.*)$/, remedy),
    ...texts
      .filter((node) => SQL.some((pattern) => pattern.test(node.getText().slice(1, -1))))
      .map((node) => problemAt(code, node, `holds SQL; ${remedy}`)),
  ];
}

/** Output and exits outside src/cli: a library that prints or exits takes both from its user. */
export function checkTerminal(code: Code): Problem[] {
  if (code.path.startsWith('src/cli/')) return [];
  return [...nodesOf(code.tree)].filter(ts.isPropertyAccessExpression).flatMap((node) => {
    const text = node.getText();
    if (text.startsWith('console.')) {
      return [problemAt(code, node, `uses ${text}; take a Logger, or return what is to be shown`)];
    }
    return text === 'process.exit'
      ? [problemAt(code, node, 'ends the process; throw, and let src/cli choose the exit code')]
      : [];
  });
}

function refuseImports(code: Code, refused: RegExp, remedy: string): Problem[] {
  return importsOf(code.tree)
    .filter((literal) => refused.test(literal.text))
    .map((literal) => problemAt(code, literal, `imports ${literal.text}; ${remedy}`));
}
