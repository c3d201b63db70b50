import { parsePath, type Path, PATH_SOURCE } from './path.ts';
import { VARIABLE_SOURCE, variableOf, type VariableReference } from './variables.ts';

/** A stretch of a template: text as it is, or something that stands for a value. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'expression'; readonly text: string }
  | { readonly kind: 'variable'; readonly reference: VariableReference }
  /** A `${{` that nothing closes. */
  | { readonly kind: 'unclosed'; readonly text: string };

/**
 * Where something may stand for a value, each with a backslash that takes that meaning away:
 * `${{`, `${NAME}`, `{{path}}`, `{path}`. Every other brace is text, so JSON in a prompt survives.
 */
const OPENING = [
  String.raw`(\$\{\{)`,
  VARIABLE_SOURCE,
  String.raw`\{\{\s{0,16}${PATH_SOURCE}\s{0,16}\}\}`,
  String.raw`\{${PATH_SOURCE}\}`,
].join('|');

/** How much of an unclosed expression a message shows. */
const SHOWN_MAX = 40;

/** Cuts a text into its parts. Neighbouring texts may stand in several parts. */
export function scanTemplate(text: string): TemplatePart[] {
  const opening = new RegExp(String.raw`\\?(?:${OPENING})`, 'g');
  const parts: TemplatePart[] = [];
  let position = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    if (match.index > position) {
      parts.push({ kind: 'text', text: text.slice(position, match.index) });
    }
    const { part, end } = partAt(text, match);
    parts.push(part);
    position = end;
    opening.lastIndex = end;
  }
  if (position < text.length) parts.push({ kind: 'text', text: text.slice(position) });
  return parts;
}

function partAt(text: string, match: RegExpExecArray): { part: TemplatePart; end: number } {
  const [whole, expression, ...groups] = match;
  const end = match.index + whole.length;
  if (whole.startsWith('\\')) return { part: { kind: 'text', text: whole.slice(1) }, end };
  if (expression !== undefined) return expressionAt(text, end);
  const reference = variableOf(groups);
  if (reference !== undefined) return { part: { kind: 'variable', reference }, end };
  return { part: { kind: 'path', path: parsePath(whole.replace(/[{}\s]/g, '')) }, end };
}

function expressionAt(text: string, start: number): { part: TemplatePart; end: number } {
  const end = expressionEnd(text, start);
  if (end === undefined) {
    const shown = text.slice(start - '${{'.length).slice(0, SHOWN_MAX);
    return { part: { kind: 'unclosed', text: shown }, end: text.length };
  }
  const part = { kind: 'expression', text: text.slice(start, end).trim() } as const;
  return { part, end: end + '}}'.length };
}

/** Where the `}}` stands that closes an expression: outside of its texts and of its own braces. */
function expressionEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let quote: string | undefined;
  for (let index = start; index < text.length; index++) {
    const char = text[index];
    if (quote !== undefined) {
      if (char === '\\') index++;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === '}' && text[index + 1] === '}') return index;
  }
  return undefined;
}
