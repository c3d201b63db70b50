import { posix } from 'node:path';
import ts from 'typescript';
import { type Code, nodesOf, type Problem, problemAt } from './code.ts';

/** The rooms of src/ from left to right: an import points to the left, or stays in its room. */
const ROOMS = [
  'std',
  'events',
  'store',
  'flows',
  'identity',
  'gates',
  'runs',
  'coordination',
  'channels',
  'steps',
  'sources',
  'routing',
  'learning',
  'views',
  'config',
  'signalbox',
  'server',
  'cli',
  'index',
  'testing',
];

/** Imports that point to the right, leave src/, or name a room that is not in the order. */
export function checkImportOrder(code: Code): Problem[] {
  const own = roomOf(code.path);
  if (!ROOMS.includes(own)) return [problemAt(code, code.tree, unknownRoom(own))];
  return importsOf(code.tree)
    .filter((literal) => literal.text.startsWith('.'))
    .flatMap((literal) => {
      const message = orderProblem(own, posix.join(posix.dirname(code.path), literal.text));
      return message === undefined ? [] : [problemAt(code, literal, message)];
    });
}

/** The texts of all that a file imports: types, re-exports, dynamic imports and workers too. */
export function importsOf(tree: ts.SourceFile): ts.StringLiteralLike[] {
  return [...nodesOf(tree)].flatMap((node) => {
    const target = targetOf(node);
    return target !== undefined && ts.isStringLiteralLike(target) ? [target] : [];
  });
}

function targetOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return node.argument.literal;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  return ts.isNewExpression(node) && node.expression.getText() === 'URL'
    ? node.arguments?.[0]
    : undefined;
}

function orderProblem(own: string, target: string): string | undefined {
  // Each package ships its own description, and the version stands nowhere else.
  if (target === 'package.json') return undefined;
  if (!target.startsWith('src/')) return `imports ${target}, outside src/; move it into a room`;
  const room = roomOf(target);
  if (!ROOMS.includes(room)) return unknownRoom(room);
  if (ROOMS.indexOf(room) <= ROOMS.indexOf(own)) return undefined;
  return `imports from ${room}, which lies right of ${own}; move what both need to the left`;
}

function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.[a-z]+$/, '');
}

function unknownRoom(room: string): string {
  return `"${room}" is no room of src/; put the file into one, or give the room its place in ROOMS`;
}
