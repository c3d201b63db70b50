import ts from 'typescript';
import { type Code, lineOf, nodesOf } from './code.ts';

/** A stable code and where it is given to an error. */
export interface FoundCode {
  readonly code: string;
  readonly path: string;
  readonly line: number;
}

const CODE = /^[a-z][a-z0-9]*(\.[a-z0-9_]+)+$/;
/** Functions that make an error, a finding or an answer of the code they are given. */
const MAKER = /(error|failure|problem|finding|refuse|refusal|reject|warn|report|add)$/i;

/** The codes of the errors that a file throws, reports as findings, or answers with. */
export function errorCodesOf(file: Code): FoundCode[] {
  return [...nodesOf(file.tree)].flatMap(placesOfCode).flatMap((place) =>
    [...nodesOf(place)]
      .filter(ts.isStringLiteralLike)
      .filter(({ text }) => CODE.test(text))
      .map((literal) => ({
        code: literal.text,
        path: file.path,
        line: lineOf(file, literal.getStart()),
      })),
  );
}

/** `new …Error(HERE)`, `super(HERE)`, `failure(HERE)`, `{ code: HERE }`, `const code = HERE`. */
function placesOfCode(node: ts.Node): readonly ts.Node[] {
  if (ts.isNewExpression(node) && node.expression.getText().endsWith('Error')) {
    return node.arguments?.slice(0, 1) ?? [];
  }
  if (ts.isCallExpression(node)) return argumentsOfMaker(node);
  if (!ts.isPropertyAssignment(node) && !ts.isVariableDeclaration(node)) return [];
  const holder = node.name.getText() === 'code' ? node.initializer : undefined;
  return holder === undefined ? [] : [holder];
}

function argumentsOfMaker({ expression, arguments: given }: ts.CallExpression): readonly ts.Node[] {
  if (expression.kind === ts.SyntaxKind.SuperKeyword) return given.slice(0, 1);
  return MAKER.test(expression.getText()) ? given.filter(ts.isStringLiteralLike) : [];
}
