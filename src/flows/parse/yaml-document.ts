import { Composer, isAlias, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import type { Alias, CST, Document, ParsedNode, YAMLMap } from 'yaml';
import type { Problem } from '../problem.ts';
import { extentOf, type YamlEntry, type YamlNode } from './yaml-node.ts';

/** How large a file may be, in characters. */
export const FILE_LENGTH_MAX = 1_048_576;
/** How deep a file may nest. The parser below would end the whole process at some thousands. */
export const NESTING_MAX = 64;
/** How many nodes a part of a file may have once its aliases are followed. */
export const NODES_MAX = 1_000_000;

/** A problem and where in the file it is. */
export interface PlacedProblem extends Problem {
  /** What `place` of the document makes a line and a column of. */
  readonly at: number;
}

/** What was read of a file, as far as it can be read. */
export interface YamlDocument {
  /** Undefined where the text cannot be read at all. */
  readonly root: YamlNode | undefined;
  readonly problems: readonly PlacedProblem[];
  /** The line and the column, from 1, of what a node or a problem says of its place. */
  readonly place: (at: number) => { readonly line: number; readonly column: number };
}

/**
 * Reads one document of YAML 1.2, in which `on` is a key like any other.
 *
 * Duplicate keys, tags, aliases that make it grow beyond measure, and nesting that no file needs
 * are problems. Never throws.
 */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const place = (at: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(at);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const long = tooLong(text);
  if (long !== undefined) return { root: undefined, problems: [long], place };
  const tokens = readTokens(text, lines);
  const deep = tooDeepAt(tokens);
  if (deep !== undefined) return { root: undefined, problems: [tooDeep(deep)], place };
  return { ...compose(tokens, text.length), place };
}

/** That a text is too long to be read; undefined where it is not. */
export function tooLong(text: string): PlacedProblem | undefined {
  if (text.length <= FILE_LENGTH_MAX) return undefined;
  const message = `the file has ${text.length} characters, over ${FILE_LENGTH_MAX}; split it`;
  return { code: 'config.limit', message, at: 0 };
}

/** Collections that may be open at once before the rest of a file is left unread. */
const OPEN_MAX = 4 * NESTING_MAX;

/** The tokens of a text, up to where it nests so deep that it is refused anyway. */
function readTokens(text: string, lines: LineCounter): CST.Token[] {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > OPEN_MAX) break;
  }
  return [...tokens, ...parser.end()];
}

function tooDeep(at: number): PlacedProblem {
  const message = `the file nests deeper than ${NESTING_MAX} levels here; flatten it`;
  return { code: 'config.limit', message, at };
}

/** Where the tokens nest too deep, found without recursion; undefined where they do not. */
function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  let level: CST.Token[] = [...tokens];
  for (let depth = 0; level.length > 0; depth++) {
    const inner: CST.Token[] = [];
    for (const token of level) {
      if (depth > NESTING_MAX) return token.offset;
      addChildren(token, inner);
    }
    level = inner;
  }
  return undefined;
}

function addChildren(token: CST.Token, children: CST.Token[]): void {
  if (token.type === 'document' && token.value !== undefined) children.push(token.value);
  if (!('items' in token)) return;
  for (const { key, value } of token.items) {
    if (key !== undefined && key !== null && 'items' in key) children.push(key);
    if (value !== undefined && 'items' in value) children.push(value);
  }
}

function compose(
  tokens: readonly CST.Token[],
  length: number,
): Pick<YamlDocument, 'root' | 'problems'> {
  // Its own check of keys compares each with each: minutes for a file of short keys. Ours is a map.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents = [...composer.compose(tokens, true, length)];
  const problems = documents.flatMap(syntaxProblems);
  const converter = new Converter(problems);
  const [root] =
    problems.length === 0 ? documents.map(({ contents }) => converter.convert(contents)) : [];
  if (root === undefined || (root.size <= NODES_MAX && root.depth <= NESTING_MAX)) {
    return { root, problems };
  }
  const message = 'its aliases make the file grow beyond measure; write out what they stand for';
  return { root: undefined, problems: [{ code: 'config.limit', message, at: 0 }] };
}

function syntaxProblems(document: Document.Parsed, index: number): PlacedProblem[] {
  const problems = document.errors.map(({ message, pos: [at] }): PlacedProblem => {
    return { code: 'config.syntax', message: `not YAML: ${lowerFirst(message)}`, at };
  });
  if (document.directives.yaml.version !== '1.2') {
    problems.push({ code: 'config.syntax', message: 'only YAML 1.2 is read; remove %YAML', at: 0 });
  }
  if (index > 0) {
    const message = 'a second document begins here; a file holds one';
    problems.push({ code: 'config.syntax', message, at: document.range[0] });
  }
  return problems;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Makes nodes of what the library composed, and notes what may not stand in a file. */
class Converter {
  readonly #problems: PlacedProblem[];
  readonly #anchors = new Map<string, YamlNode>();

  constructor(problems: PlacedProblem[]) {
    this.#problems = problems;
  }

  convert(node: ParsedNode | null): YamlNode {
    if (node === null) return nothing(0);
    const [at] = node.range;
    if (isAlias(node)) return this.#follow(node.source, at);
    if (node.tag !== undefined) this.#refuse('tags are not read; remove it', at);
    const converted = this.#convert(node, at);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, converted);
    return converted;
  }

  #convert(node: Exclude<ParsedNode, Alias.Parsed>, at: number): YamlNode {
    if (isScalar(node)) return this.#scalar(node.value, at);
    if (!isSeq(node)) return this.#mapping(node, at);
    const items = node.items.map((item) => this.convert(item));
    return { kind: 'list', items, at, ...extentOf(items) };
  }

  #scalar(value: unknown, at: number): YamlNode {
    if (typeof value === 'string' || typeof value === 'boolean') return scalar(value, at);
    if (typeof value === 'number' && Number.isFinite(value)) return scalar(value, at);
    if (value !== null) this.#refuse('this number has no form in JSON', at);
    return nothing(at);
  }

  #mapping(node: YAMLMap.Parsed, at: number): YamlNode {
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of node.items) {
      const [keyAt] = key.range;
      const name = isScalar(key) ? key.source : undefined;
      if (name === undefined) this.#refuse('a key must be a text', keyAt);
      else if (entries.has(name)) {
        const message = `the key "${name}" stands twice in this mapping; remove one`;
        this.#problems.push({ code: 'config.duplicate_key', message, at: keyAt });
      } else {
        entries.set(name, {
          at: keyAt,
          value: value === null ? nothing(keyAt) : this.convert(value),
        });
      }
    }
    const values = Array.from(entries.values(), ({ value }) => value);
    return { kind: 'mapping', entries, at, ...extentOf(values) };
  }

  #follow(name: string, at: number): YamlNode {
    const node = this.#anchors.get(name);
    if (node === undefined) {
      this.#refuse(`no anchor &${name} ends before this alias`, at);
      return nothing(at);
    }
    return node;
  }

  #refuse(message: string, at: number): void {
    this.#problems.push({ code: 'config.syntax', message, at });
  }
}

function scalar(value: string | number | boolean | null, at: number): YamlNode {
  return { kind: 'scalar', value, at, size: 1, depth: 1 };
}

function nothing(at: number): YamlNode {
  return scalar(null, at);
}
