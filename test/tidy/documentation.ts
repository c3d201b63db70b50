import ts from 'typescript';
import { type Code, lineOf, type Problem, problemAt } from './code.ts';

/** A type of at most so many lines may stand under the doc comment of the export before it. */
const COMPANION_LINES_MAX = 16;

/**
 * Exports that nobody explains. Functions and classes always need a doc comment; a small type or a
 * constant may stand without one directly after an export that has one, as a part of it.
 */
export function checkDocComments(code: Code): Problem[] {
  const problems: Problem[] = [];
  let explained = false;
  for (const statement of code.tree.statements) {
    const documented = ts.getJSDocCommentsAndTags(statement).length > 0;
    if (!isExported(statement)) {
      explained &&= ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
      continue;
    }
    explained = documented || (explained && isCompanion(code, statement));
    if (!explained) {
      problems.push(problemAt(code, statement, 'has no doc comment; say what it promises'));
    }
  }
  return problems;
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
