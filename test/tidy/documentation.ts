import ts from 'typescript';
import { type Code, lineOf, type Problem, problemAt } from './code.ts';

/** A type or a constant of at most so many lines may belong to the export beside it. */
const COMPANION_LINES_MAX = 16;

/**
 * Exports that nobody explains. Functions and classes always need a doc comment; a small type or a
 * constant may stand without one directly before or after an export that has one, as a part of it.
 */
export function checkDocComments(code: Code): Problem[] {
  const exported = groupsOf(code.tree.statements);
  return exported.flatMap((group) =>
    group
      .filter((node, index) => !isDocumented(node) && !belongsToNeighbour(code, group, index))
      .map((node) => problemAt(code, node, 'has no doc comment; say what it promises')),
  );
}

/** Exports with nothing between them. Types that are not exported do not part a group. */
function groupsOf(statements: readonly ts.Statement[]): ts.Statement[][] {
  const groups: ts.Statement[][] = [[]];
  for (const statement of statements) {
    if (isExported(statement)) groups.at(-1)?.push(statement);
    else if (!isType(statement)) groups.push([]);
  }
  return groups;
}

/** Whether a small part follows a documented export, perhaps after other parts, or precedes one. */
function belongsToNeighbour(code: Code, group: readonly ts.Statement[], index: number): boolean {
  const isPart = (node: ts.Statement): boolean => !isDocumented(node) && isCompanion(code, node);
  if (!group.slice(index, index + 1).every(isPart)) return false;
  const before = group.slice(0, index).findLast((node) => !isPart(node));
  const after = group.slice(index + 1).find((node) => !isPart(node));
  return [before, after].some((node) => node !== undefined && isDocumented(node));
}

function isDocumented(node: ts.Statement): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0;
}

function isType(node: ts.Statement): boolean {
  return ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node);
}

function isExported(node: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function isCompanion(code: Code, node: ts.Statement): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return false;
  const lines = lineOf(code, node.getEnd()) - lineOf(code, node.getStart()) + 1;
  return lines <= COMPANION_LINES_MAX;
}
