import ts from 'typescript';
import { type Code, type Problem, problemAt } from './code.ts';

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|soak|d))?\.(ts|mjs)$/;
const FOLDER = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Names that say where something was put instead of what it is. */
const VAGUE = /^(types|common|misc|shared)$|(^|-)(utils?|helpers?|managers?)$/;

/** Files and folders whose names are not kebab-case, or say nothing. */
export function checkNames({ path }: Code): Problem[] {
  const parts = path.split('/');
  const file = parts.at(-1) ?? '';
  const problems: string[] = [];
  if (!KEBAB.test(file) || !parts.slice(0, -1).every((folder) => FOLDER.test(folder))) {
    problems.push('is not kebab-case; rename it as-in-this-example.ts');
  }
  const vague = [...parts.slice(0, -1), file.replace(/\..*$/, '')].find((part) => VAGUE.test(part));
  if (vague !== undefined) {
    problems.push(`"${vague}" names nothing; call it after the one thing that it holds`);
  }
  return problems.map((message) => ({ path, line: 1, message }));
}

/** The files by whose names the package is imported. */
const DOORS: ReadonlySet<string> = new Set(['src/index.ts', 'src/testing.ts']);

/** Files that pass on what others define. Only the doors do, and they do nothing else. */
export function checkBarrels(code: Code): Problem[] {
  const passesOn = (node: ts.Statement): boolean =>
    ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined;
  if (DOORS.has(code.path)) {
    return code.tree.statements
      .filter((node) => !passesOn(node))
      .map((node) => problemAt(code, node, 'is logic; the index only passes names on'));
  }
  return code.tree.statements
    .filter(passesOn)
    .map((node) => problemAt(code, node, 'passes on; import the file that defines the thing'));
}
