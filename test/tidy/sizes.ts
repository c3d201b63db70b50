import ts from 'typescript';
import { type Code, lineOf, nodesOf, type Problem, problemAt } from './code.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 100;

/** Files that are too long to be about one thing. */
export function checkFileLength({ path, text }: Code): Problem[] {
  const lines = text.trimEnd().split('\n').length;
  if (lines <= FILE_LINES_MAX) return [];
  const message = `has ${lines} lines, over ${FILE_LINES_MAX}; split it by subject`;
  return [{ path, line: FILE_LINES_MAX + 1, message }];
}

/** Functions that do not fit on a screen. One that holds tests is a chapter, not a function. */
export function checkFunctionLength(code: Code): Problem[] {
  return [...nodesOf(code.tree)].flatMap((node) => {
    if (!ts.isFunctionLike(node) || holdsTests(node)) return [];
    const lines = lineOf(code, node.getEnd()) - lineOf(code, node.getStart()) + 1;
    if (lines <= FUNCTION_LINES_MAX) return [];
    const message = `a function of ${lines} lines, over ${FUNCTION_LINES_MAX}; name its parts`;
    return [problemAt(code, node, message)];
  });
}

function holdsTests(node: ts.SignatureDeclaration): boolean {
  if (!('body' in node) || node.body === undefined || !ts.isBlock(node.body)) return false;
  return node.body.statements.some((statement) =>
    /^(test|it|describe)\b/.test(statement.getText()),
  );
}

/** Lines that need scrolling. */
export function checkLineLength({ path, text }: Code): Problem[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.length <= LINE_COLUMNS_MAX) return [];
    const message = `has ${content.length} columns, over ${LINE_COLUMNS_MAX}; break the line`;
    return [{ path, line: index + 1, message }];
  });
}
