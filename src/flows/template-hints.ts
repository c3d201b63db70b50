import { compileExpression } from './cel/expression.ts';
import { excerpt } from './cel/messages.ts';
import type { Names } from './names.ts';
import { PATH_SOURCE } from './path.ts';
import type { Problem } from './problem.ts';
import type { TemplatePart } from './template-scanner.ts';

/** What a text was probably meant to be. It may be meant as it is, so this stops nobody. */
export interface Hint extends Problem {
  readonly severity: 'warning';
}

/** Something in braces that is not all of a path: what is, the scanner has taken. */
const BRACED = /(?<!\\)\$?(\{\{?)([^{}]{1,200})\}\}?/g;
const PATH = new RegExp(`^${PATH_SOURCE}$`);
const UNCLOSED = new RegExp(String.raw`(?<!\\)\{(${PATH_SOURCE})(?=\s|$)(?![^{]*\})`, 'g');
/** How a value begins that is named without any braces. */
const BARE = /^(?:payload\.|event\.data\.|steps\.[\w-]+\.(?:output|error)\b)/;
const BARE_LENGTH_MAX = 200;
const FILE_NAME = /\.(?:json|ya?ml|txt|md|csv|xml|log|zip|tar|gz)$/;

/** Hints about a text without braces that names a value, or computes one. */
export function bareHints(text: string, names: Names): Hint[] {
  if (text.length > BARE_LENGTH_MAX || !BARE.test(text) || FILE_NAME.test(text)) return [];
  return readsValue(text, names) ? [hint(text, '')] : [];
}

/** Hints about the texts between templates in which braces look as if they stood for a value. */
export function braceHints(parts: readonly TemplatePart[], names: Names): Hint[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'text') return [];
    return [...bracedIn(part.text, names), ...unclosedIn(part.text, names)];
  });
}

function bracedIn(text: string, names: Names): Hint[] {
  return Array.from(text.matchAll(BRACED)).flatMap(([whole, opening, inner = '']) => {
    const meant = inner.trim();
    // Who took the meaning of a path away by a backslash is told nothing.
    if (PATH.test(opening === '{' ? inner : meant)) return [];
    return readsValue(meant, names) ? [hint(meant, whole)] : [];
  });
}

function unclosedIn(text: string, names: Names): Hint[] {
  return Array.from(text.matchAll(UNCLOSED)).flatMap(([whole, path = '']) =>
    readsValue(path, names) ? [hint(path, whole)] : [],
  );
}

/** Whether it is an expression that reads a field of something which has a value there. */
function readsValue(text: string, names: Names): boolean {
  const compiled = compileExpression(text, names);
  return compiled.kind === 'compiled' && compiled.value.reads.some((path) => path.length > 1);
}

function hint(meant: string, written: string): Hint {
  const template = PATH.test(meant) ? `{${meant}}` : `\${{ ${meant} }}`;
  const text = excerpt(written || meant);
  const message = `"${text}" is text; for the value, write "${excerpt(template)}"`;
  return { code: 'template.looks_meant', severity: 'warning', message };
}
