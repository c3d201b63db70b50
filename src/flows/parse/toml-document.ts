import { parse } from 'smol-toml';
import { messageOf } from '../../std/errors.ts';
import type { Problem } from '../problem.ts';
import { type TomlPlace, tomlPlaces } from './toml-places.ts';
import { NESTING_MAX, type PlacedProblem, tooLong, type YamlDocument } from './yaml-document.ts';
import { extentOf, type YamlEntry, type YamlNode } from './yaml-node.ts';

/**
 * Reads a file of TOML as the same nodes as one of YAML; dates are texts. Never throws.
 *
 * One parser reads it and a second one, which is slow, finds places, once one is asked for.
 */
export function readToml(text: string): YamlDocument {
  const long = tooLong(text);
  if (long !== undefined) return refused([long], START);
  try {
    return documentOf(parse(text, { maxDepth: NESTING_MAX }), text);
  } catch (error) {
    // The parser's own errors say where they are.
    const { line, column } = Object.assign({}, START, error);
    return refused([{ ...problemOf(messageOf(error)), at: 0 }], { line, column });
  }
}

const START: TomlPlace = { line: 1, column: 1 };

const TOO_DEEP: Problem = {
  code: 'config.limit',
  message: `the file nests deeper than ${NESTING_MAX} levels; flatten it`,
};

function refused(problems: readonly PlacedProblem[], place: TomlPlace): YamlDocument {
  return { root: undefined, problems, place: () => place };
}

/** What seed 003 writes in many lines without commas, and what is valid in its place. */
const COMMAS =
  'in { } and [ ] commas part the entries, as in config = { mode = "daemon", ' +
  'webhook_port = 8080 }; or write [orchestrators.config] and below it one entry a line';

function problemOf(message: string): Problem {
  const reason = message.replace(/^Invalid TOML document: /, '').replace(/\n[^]*/, '');
  if (/nested/.test(reason)) return TOO_DEEP;
  if (/redefin/.test(reason)) {
    const remedy = 'it stands twice; remove one';
    return { code: 'config.duplicate_key', message: `not TOML: ${reason}: ${remedy}` };
  }
  const remedy = /comma/.test(reason) ? `; ${COMMAS}` : '';
  return { code: 'config.syntax', message: `not TOML: ${reason}${remedy}` };
}

function documentOf(value: unknown, text: string): YamlDocument {
  const nodes = new TomlNodes();
  const root = nodes.convert(value, undefined);
  let known: ReadonlyMap<string, TomlPlace> | undefined;
  const place = (at: number): TomlPlace => {
    known ??= tomlPlaces(text);
    return known.get(nodes.pathOf(at)) ?? START;
  };
  if (nodes.deep === undefined) return { root, problems: nodes.problems, place };
  return { root: undefined, problems: [{ ...TOO_DEEP, at: nodes.deep }], place };
}

interface Step {
  readonly parent: number | undefined;
  readonly segment: string | number;
  readonly depth: number;
}

/** Makes nodes whose places are numbers, each of which stands for a path into the file. */
class TomlNodes {
  readonly problems: PlacedProblem[] = [];
  /** Where the first part stands that nests too deep. */
  deep: number | undefined;
  readonly #steps: Step[] = [];

  convert(value: unknown, step: Step | undefined): YamlNode {
    const at = this.#steps.push(step ?? { parent: undefined, segment: '', depth: 0 }) - 1;
    const depth = step?.depth ?? 0;
    if (depth > NESTING_MAX) this.deep ??= at;
    if (this.deep !== undefined) return { kind: 'scalar', value: null, at, size: 1, depth: 1 };
    const child = (segment: string | number, inner: unknown): YamlNode =>
      this.convert(inner, { parent: at, segment, depth: depth + 1 });
    if (Array.isArray(value)) {
      const items = value.map((item, index) => child(index, item));
      return { kind: 'list', items, at, ...extentOf(items) };
    }
    if (typeof value !== 'object' || value === null || value instanceof Date) {
      return { kind: 'scalar', value: this.#scalar(value, at), at, size: 1, depth: 1 };
    }
    const entries = new Map<string, YamlEntry>();
    for (const [key, inner] of Object.entries(value)) {
      const node = child(key, inner);
      entries.set(key, { at: node.at, value: node });
    }
    const values = Array.from(entries.values(), (entry) => entry.value);
    return { kind: 'mapping', entries, at, ...extentOf(values) };
  }

  /** The path that a number stands for, as `tomlPlaces` writes it. */
  pathOf(at: number): string {
    const path: (string | number)[] = [];
    for (let step = this.#steps[at]; step?.parent !== undefined; step = this.#steps[step.parent]) {
      path.unshift(step.segment);
    }
    return JSON.stringify(path);
  }

  #scalar(value: unknown, at: number): string | number | boolean | null {
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (value instanceof Date) return value.toISOString();
    const message = 'this number has no form in JSON';
    this.problems.push({ code: 'config.syntax', message, at });
    return null;
  }
}
