import { type Names, namesWith } from '../names.ts';
import type { StepShape } from '../step-shape.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { readWith } from './schema-reading.ts';
import { pick, type YamlMapping, type YamlNode } from './yaml-node.ts';

export interface InputPlace {
  readonly shape: StepShape;
  readonly names: Names;
  /** The secrets that the step lists: known in the places of its kind that are for them. */
  readonly secrets?: readonly string[];
}

/**
 * Reads the keys of a mapping that belong to a kind of step, and compiles their templates.
 *
 * Undefined where the kind's schema refuses them; everything that is wrong is reported.
 */
export function parseInput(
  mapping: YamlMapping,
  { shape, names, secrets = [] }: InputPlace,
  { report, variables }: ParseContext,
): TemplateTree | undefined {
  const own = pick(mapping, [shape.kind, ...shape.keys]);
  const input = readWith(shape.schema, own, { report, what: `a step of kind "${shape.kind}"` });
  if (input === undefined) return undefined;
  const literal = new Set(shape.literal?.(input));
  return compileTree(input, '', (text, path) => {
    if (isWithin(path, literal)) return text;
    const places = isWithin(path, new Set(shape.secretPlaces)) ? secrets : [];
    const { value, problems } = compileText(text, {
      names: namesWith(names, places),
      variables,
    });
    for (const problem of problems) report({ at: placeOf(text, own) ?? own.at, ...problem });
    return value;
  });
}

type CompileText = (text: string, path: string) => TemplateTree;

/** @throws TypeError where a schema made what no file can hold: a mistake of the step's kind. */
function compileTree(value: unknown, path: string, compile: CompileText): TemplateTree {
  if (typeof value === 'string') return compile(value, path);
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (Array.isArray(value)) {
    return value.map((item, index) => compileTree(item, join(path, String(index)), compile));
  }
  if (typeof value !== 'object') throw new TypeError(`The input "${path}" is a ${typeof value}.`);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .map(([key, held]) => [key, compileTree(held, join(path, key), compile)]),
  );
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function isWithin(path: string, paths: ReadonlySet<string>): boolean {
  for (const each of paths) if (path === each || path.startsWith(`${each}.`)) return true;
  return false;
}

/** Where a text stands. A schema may move it about, so it is found by what it says. */
function placeOf(text: string, node: YamlNode): number | undefined {
  switch (node.kind) {
    case 'scalar':
      return node.value === text ? node.at : undefined;
    case 'list':
      return firstPlace(text, node.items);
    case 'mapping':
      return firstPlace(
        text,
        Array.from(node.entries.values(), ({ value }) => value),
      );
  }
}

function firstPlace(text: string, nodes: readonly YamlNode[]): number | undefined {
  for (const node of nodes) {
    const place = placeOf(text, node);
    if (place !== undefined) return place;
  }
  return undefined;
}
