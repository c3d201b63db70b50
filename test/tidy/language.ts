import ts from 'typescript';
import { type Code, lineOf, nodesOf, type Problem, problemAt } from './code.ts';

/** Parts of the language that the house does without. */
export function checkLanguage(code: Code): Problem[] {
  return [...nodesOf(code.tree)].flatMap((node) => {
    const message = refusal(node);
    return message === undefined ? [] : [problemAt(code, node, message)];
  });
}

function refusal(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'is `any`; name the type, or use unknown';
  if (ts.isNonNullExpression(node)) return 'asserts with `!`; handle the missing value';
  if (ts.isPropertyDeclaration(node) && node.exclamationToken !== undefined) {
    return 'asserts with `!`; give the field its value in the constructor';
  }
  if (ts.isEnumDeclaration(node)) return 'is an enum; use a union of strings';
  if (ts.isModuleDeclaration(node)) return 'is a namespace; a file is one already';
  return isDefaultExport(node) ? 'is a default export; give it a name' : undefined;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

const LEFT_OVER = /\b(TODO|FIXME|XXX|HACK)\b/;
const SILENCER = /@ts-(ignore|nocheck)|eslint-disable|oxlint-disable(?!-next-line \S+ -- )/;

/** Comments that put something off, or silence a check without saying which and why. */
export function checkComments(code: Code): Problem[] {
  return commentsOf(code).flatMap(({ pos, end }) => {
    const text = code.text.slice(pos, end);
    const at = { path: code.path, line: lineOf(code, pos) };
    const left = LEFT_OVER.exec(text)?.[0];
    if (left !== undefined) return [{ ...at, message: `says ${left}; do it, or open an issue` }];
    if (!SILENCER.test(text)) return [];
    const form = 'oxlint-disable-next-line RULE -- REASON';
    return [{ ...at, message: `silences a check; mend the cause, or write "${form}"` }];
  });
}

function commentsOf({ text, tree }: Code): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  for (const token of tokensOf(tree)) {
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, token.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, token.getEnd()) ?? []),
    ];
    for (const range of ranges) found.set(range.pos, range);
  }
  return [...found.values()].toSorted((a, b) => a.pos - b.pos);
}

/** The leaves of the tree, where comments hang: punctuation too, which `nodesOf` leaves out. */
function* tokensOf(node: ts.Node): Generator<ts.Node> {
  const children = node.getChildren();
  if (children.length === 0) yield node;
  for (const child of children) yield* tokensOf(child);
}
