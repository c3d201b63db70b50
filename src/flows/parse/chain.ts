import type { Finding } from '../../std/diagnostics.ts';
import type { SourceFile } from '../catalog.ts';
import { readDocument } from './document.ts';
import { type Base, liftOrchestrator } from './orchestrator.ts';
import { type Report, reportTo } from './report.ts';
import type { YamlDocument } from './yaml-document.ts';
import { extentOf, type YamlEntry, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The folders in which profiles are looked for. */
export const PROFILE_FOLDERS = ['profiles', '.amplifier/profiles'] as const;

/** A file, or several that are laid over one another, as one mapping. */
export interface ReadPart {
  /** Undefined where there is none. */
  readonly mapping: YamlMapping | undefined;
  readonly report: Report;
  /** `FILE:LINE:COLUMN` of what a node says of its place. */
  readonly place: (at: number) => string;
}

/**
 * Parts the files of a configuration into those that are laid over one another, the strongest
 * first, and the further ones. The order in which they are recorded says it all: a profile that was
 * asked for, what it extends, the configuration file, what that extends.
 */
export function splitChain(files: readonly SourceFile[]): {
  readonly chain: readonly SourceFile[];
  readonly further: readonly SourceFile[];
} {
  const [first, ...rest] = files;
  const isMain = ({ path }: SourceFile): boolean =>
    first !== undefined && isProfile(first) && !path.includes('/');
  const isLaid = (file: SourceFile): boolean => isProfile(file) || isMain(file);
  return {
    chain: first === undefined ? [] : [first, ...rest.filter(isLaid)],
    further: rest.filter((file) => !isLaid(file)),
  };
}

function isProfile({ path }: SourceFile): boolean {
  return PROFILE_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
}

/** The profile that a file extends, and the document in which it says so. */
export function baseOf(file: SourceFile): (Base & Pick<YamlDocument, 'place'>) | undefined {
  const { root, place } = readDocument(file);
  const base = root?.kind === 'mapping' ? liftOrchestrator(root, () => {}).base : undefined;
  return base && { ...base, place };
}

/** Reads a file that stands for itself. Reports what is wrong with it as a text. */
export function readPart(file: SourceFile, findings: Finding[]): ReadPart {
  const document = readDocument(file);
  const report = reportTo(findings, file.path, document);
  for (const problem of document.problems) report(problem);
  const place = (at: number): string => {
    const { line, column } = document.place(at);
    return `${file.path}:${line}:${column}`;
  };
  return { mapping: rootOf(document, report), report, place };
}

/** Several files as one mapping, and each of them for itself. */
export interface ReadChain extends ReadPart {
  readonly parts: readonly ReadPart[];
}

/** How many places the files of a chain have at most, each. */
const STRIDE = 2 ** 24;

/**
 * Reads files that are laid over one another, the strongest first: mappings merge by key, at every
 * depth; of all else, and of a flow or handler, the strongest wins whole.
 */
export function readChain(files: readonly SourceFile[], findings: Finding[]): ReadChain {
  const parts = files.map((file) => lifted(readPart(file, findings)));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return { ...only, parts };
  const mappings = parts.flatMap(({ mapping }, index) =>
    mapping === undefined ? [] : [shifted(mapping, index * STRIDE)],
  );
  const [weakest, ...stronger] = mappings.toReversed();
  const ownersOf = (at: number): readonly ReadPart[] =>
    parts.filter((_, index) => index === Math.floor(at / STRIDE));
  return {
    parts,
    mapping: weakest && stronger.reduce((weak, strong) => mergeFiles(strong, weak), weakest),
    report(problem) {
      const at = problem.at % STRIDE;
      for (const { report } of ownersOf(problem.at)) report({ ...problem, at });
    },
    place: (at) =>
      ownersOf(at)
        .map(({ place }) => place(at % STRIDE))
        .join(),
  };
}

function lifted(part: ReadPart): ReadPart {
  const { mapping, report } = part;
  return mapping === undefined
    ? part
    : { ...part, mapping: liftOrchestrator(mapping, report).mapping };
}

function rootOf({ root }: YamlDocument, report: Report): YamlMapping | undefined {
  if (root === undefined || (root.kind === 'scalar' && root.value === null)) return undefined;
  if (root.kind === 'mapping') return root;
  const message = 'a file holds a mapping, such as "flows:" with a flow below it';
  report({ at: root.at, code: 'config.invalid', message });
  return undefined;
}

/** The node with every place moved by as much; what an alias shares stays shared. */
function shifted(root: YamlMapping, by: number): YamlMapping {
  const known = new Map<YamlNode, YamlNode>();
  const shift = (node: YamlNode): YamlNode => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const moved = node.kind === 'mapping' ? shiftMapping(node) : shiftOther(node);
    known.set(node, moved);
    return moved;
  };
  const shiftOther = (node: Exclude<YamlNode, YamlMapping>): YamlNode =>
    node.kind === 'list'
      ? { ...node, at: node.at + by, items: node.items.map(shift) }
      : { ...node, at: node.at + by };
  const shiftMapping = (node: YamlMapping): YamlMapping => {
    const entries = new Map<string, YamlEntry>();
    for (const [key, { at, value }] of node.entries) {
      entries.set(key, { at: at + by, value: shift(value) });
    }
    return { ...node, at: node.at + by, entries };
  };
  return shiftMapping(root);
}

/** Of these a name stands for one whole thing: half of one and half of another would be neither. */
const NAMED_WHOLES: ReadonlySet<string> = new Set(['flows', 'handlers']);

function mergeFiles(strong: YamlMapping, weak: YamlMapping): YamlMapping {
  return mergeWith(strong, weak, (key) => (NAMED_WHOLES.has(key) ? mergeNames : merge));
}

function merge(strong: YamlNode, weak: YamlNode): YamlNode {
  if (strong.kind !== 'mapping' || weak.kind !== 'mapping') return strong;
  return mergeWith(strong, weak, () => merge);
}

function mergeNames(strong: YamlNode, weak: YamlNode): YamlNode {
  if (strong.kind !== 'mapping' || weak.kind !== 'mapping') return strong;
  return mergeWith(strong, weak, () => (named) => named);
}

type Merge = (strong: YamlNode, weak: YamlNode) => YamlNode;

function mergeWith(
  strong: YamlMapping,
  weak: YamlMapping,
  mergeOf: (key: string) => Merge,
): YamlMapping {
  const entries = new Map(weak.entries);
  for (const [key, entry] of strong.entries) {
    const before = weak.entries.get(key)?.value;
    const value = before === undefined ? entry.value : mergeOf(key)(entry.value, before);
    entries.set(key, { at: entry.at, value });
  }
  const values = Array.from(entries.values(), ({ value }) => value);
  return { ...strong, entries, ...extentOf(values) };
}
