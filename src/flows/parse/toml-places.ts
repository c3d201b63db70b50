import { type AST, parseTOML } from 'toml-eslint-parser';

/** A line and a column, from 1. */
export interface TomlPlace {
  readonly line: number;
  readonly column: number;
}

type Path = readonly (string | number)[];

/**
 * Where each key of a file of TOML stands, and each item of a list, by its path as JSON.
 *
 * Empty where the parser gives up, as it does for a text of nearly a megabyte: then it is not
 * known.
 */
export function tomlPlaces(text: string): ReadonlyMap<string, TomlPlace> {
  const places = new Places();
  try {
    const [top] = parseTOML(text, { tomlVersion: '1.1' }).body;
    for (const part of top.body) {
      if (part.type === 'TOMLTable') places.addTable(part);
      else places.addEntry(part, []);
    }
  } catch {
    return places.found;
  }
  return places.found;
}

class Places {
  readonly found = new Map<string, TomlPlace>();

  addTable({ key, resolvedKey, body }: AST.TOMLTable): void {
    let index = -1;
    for (const [depth, segment] of resolvedKey.entries()) {
      // A position in a list of tables stands in no header: it is where its key is.
      if (typeof segment === 'string') index++;
      this.#note(resolvedKey.slice(0, depth + 1), key.keys[index]);
    }
    for (const entry of body) this.addEntry(entry, resolvedKey);
  }

  addEntry({ key, value }: AST.TOMLKeyValue, above: Path): void {
    const path = [...above];
    for (const part of key.keys) {
      path.push(part.type === 'TOMLBare' ? part.name : part.value);
      this.#note(path, part);
    }
    this.#addContent(value, path);
  }

  #addContent(node: AST.TOMLContentNode, path: Path): void {
    if (node.type === 'TOMLInlineTable') for (const entry of node.body) this.addEntry(entry, path);
    if (node.type !== 'TOMLArray') return;
    for (const [index, item] of node.elements.entries()) {
      const below = [...path, index];
      this.#note(below, item);
      this.#addContent(item, below);
    }
  }

  #note(path: Path, node: AST.TOMLNode | undefined): void {
    const name = JSON.stringify(path);
    if (node === undefined || this.found.has(name)) return;
    const { line, column } = node.loc.start;
    this.found.set(name, { line, column: column + 1 });
  }
}
