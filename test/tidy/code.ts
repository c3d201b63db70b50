import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** One file of the project as a rule sees it: its path from the root, its text and its tree. */
export interface Code {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Something that a rule refuses. The message ends with the remedy. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A house rule: where it applies, and what it finds wrong with one file. */
export interface Rule {
  readonly name: string;
  readonly folders: readonly string[];
  readonly check: (code: Code) => Problem[];
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The parsed files below `folder`, in a stable order. */
export function readCode(folder: string): Code[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .filter((entry) => !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
    .map((path) => parseCode(path, readText(path)));
}

/** The text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** A file that need not exist, so that a rule can be shown to fail. */
export function parseCode(path: string, text: string): Code {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
}

/** A problem at the place where `node` begins. */
export function problemAt(code: Code, node: ts.Node, message: string): Problem {
  return { path: code.path, line: lineOf(code, node.getStart(code.tree)), message };
}

/** The line of a position, from 1. */
export function lineOf({ tree }: Code, position: number): number {
  return tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** Every node of the tree, parents first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}

/** The problem as `path:line: message`. */
export function formatProblem({ path, line, message }: Problem): string {
  return `${path}:${line}: ${message}`;
}
