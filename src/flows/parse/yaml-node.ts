/**
 * A part of a file as the checks see it, whether it is written in YAML, JSON or TOML: each part
 * knows where it stands, keys are texts, and tags and aliases are gone. An alias shares the node
 * that it names.
 */
export type YamlNode = YamlScalar | YamlList | YamlMapping;

export interface YamlScalar extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface YamlList extends Placed {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}

export interface YamlMapping extends Placed {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

/** A key with its value; `at` is the key's place. */
export interface YamlEntry {
  readonly at: number;
  readonly value: YamlNode;
}

interface Placed {
  /** Where it begins, as its document counts: in YAML an offset into the text. */
  readonly at: number;
  /** How many nodes it holds, itself included, each counted as often as an alias names it. */
  readonly size: number;
  /** How many nodes stand within one another at most, itself included. */
  readonly depth: number;
}

/** The extent of a node that holds these. */
export function extentOf(children: readonly YamlNode[]): Pick<Placed, 'size' | 'depth'> {
  let size = 1;
  let depth = 0;
  for (const child of children) {
    size += child.size;
    depth = Math.max(depth, child.depth);
  }
  return { size, depth: depth + 1 };
}

/** The value of a key; undefined where the mapping lacks it. */
export function valueOf(mapping: YamlMapping, key: string): YamlNode | undefined {
  return mapping.entries.get(key)?.value;
}

/** The text that is the value of a key; undefined where that is none, and where there is no key. */
export function textOf(node: YamlNode, key: string): string | undefined {
  const value = node.kind === 'mapping' ? valueOf(node, key) : undefined;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** The mapping with only those of its entries whose keys are listed. */
export function pick(mapping: YamlMapping, keys: readonly string[]): YamlMapping {
  const entries = new Map<string, YamlEntry>();
  for (const [key, entry] of mapping.entries) if (keys.includes(key)) entries.set(key, entry);
  return { ...mapping, entries };
}

/** Replaces a text that stands at `at`. */
export type ReadText<Read = unknown> = (text: string, at: number) => Read;

/** What JavaScript makes of a node; where texts were replaced, with what they have become. */
type ValueOf<Read> =
  | Read
  | string
  | null
  | boolean
  | number
  | readonly ValueOf<Read>[]
  | { readonly [key: string]: ValueOf<Read> };

/** What JavaScript makes of a node, with each text replaced by what `read` makes of it. */
export function toValue<Read = string>(node: YamlNode, read?: ReadText<Read>): ValueOf<Read> {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' && read ? read(node.value, node.at) : node.value;
    case 'list':
      return node.items.map((item) => toValue(item, read));
    case 'mapping':
      return Object.fromEntries(
        Array.from(node.entries, ([key, { value }]) => [key, toValue(value, read)]),
      );
  }
}

/** Where the value stands that a path of keys and positions leads to, as far as it leads. */
export function placeAt(node: YamlNode, path: readonly PropertyKey[]): number {
  return entryAt(node, path).value.at;
}

/** Where the key stands that a path ends with, as far as the path leads. */
export function keyPlaceAt(node: YamlNode, path: readonly PropertyKey[]): number {
  return entryAt(node, path).at;
}

/** What a path of keys and positions leads to, as far as it leads. */
export function nodeAt(node: YamlNode, path: readonly PropertyKey[]): YamlNode {
  return entryAt(node, path).value;
}

function entryAt(node: YamlNode, path: readonly PropertyKey[]): YamlEntry {
  let entry: YamlEntry = { at: node.at, value: node };
  for (const segment of path) {
    const next = childOf(entry.value, segment);
    if (next === undefined) return entry;
    entry = next;
  }
  return entry;
}

function childOf(node: YamlNode, segment: PropertyKey): YamlEntry | undefined {
  if (node.kind === 'mapping') return node.entries.get(String(segment));
  const item = node.kind === 'list' ? node.items[Number(segment)] : undefined;
  return item === undefined ? undefined : { at: item.at, value: item };
}
