import type { Problem } from '../problem.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** How far into a file its front matter may begin, and how far from there it may end, in lines. */
const LINES_MAX = 20_000;

const NONE: Problem = {
  code: 'config.syntax',
  message: 'a profile begins with front matter: YAML between two lines of "---"',
};

const UNENDED: Problem = {
  code: 'config.syntax',
  message: 'the front matter has no end; write a line of "---" behind it',
};

/** Reads the front matter of a Markdown file; what follows it is for people. Never throws. */
export function readFrontMatter(text: string): YamlDocument {
  const { start, end } = findFrontMatter(text);
  if (end !== undefined) return readYaml(text.slice(0, end));
  const problem = start === undefined ? NONE : UNENDED;
  const line = text.slice(0, start ?? 0).split('\n').length;
  const place = (): { line: number; column: number } => ({ line, column: 1 });
  return { root: undefined, problems: [{ ...problem, at: start ?? 0 }], place };
}

/** Whether a Markdown file has any: one without is there for people alone. */
export function hasFrontMatter(text: string): boolean {
  return findFrontMatter(text).start !== undefined;
}

/** Where the first line of `---` begins, and where the one begins that ends what is between. */
function findFrontMatter(text: string): { start?: number; end?: number } {
  let [at, start] = [0, -1];
  for (const line of text.split('\n', LINES_MAX)) {
    const isFence = /^\ufeff?---\s*$/.test(line);
    if (isFence && start >= 0) return { start, end: at };
    if (isFence) start = at;
    // Seed 003 writes the file's name above, as a comment.
    else if (start < 0 && !/^\ufeff?\s*(#.*)?$/.test(line)) return {};
    at += line.length + 1;
  }
  return start < 0 ? {} : { start };
}
