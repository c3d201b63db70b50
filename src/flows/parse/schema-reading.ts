import type { core, ZodType } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';
import type { Problem } from '../problem.ts';
import { issueText } from './issue-text.ts';
import type { Report } from './report.ts';
import { keyPlaceAt, placeAt, type ReadText, toValue, type YamlNode } from './yaml-node.ts';

type Issue = core.$ZodIssue;

export interface Reading {
  readonly report: Report;
  /** What the node is, as in `in "retry"`. */
  readonly what: string;
  /** What is made of each text before the schema sees it. */
  readonly read?: ReadText;
  /** Places whose values `read` could not tell: what is said of these is no news. */
  readonly untold?: ReadonlySet<number>;
  /** Keys that a later version brings. */
  readonly later?: ReadonlySet<string>;
  /** Why some key belongs elsewhere, as the end of a sentence; undefined where it does not. */
  readonly elsewhere?: (key: string) => string | undefined;
}

/** What the schema makes of a node; undefined where it refuses it, with each reason reported. */
export function readWith<T>(schema: ZodType<T>, node: YamlNode, reading: Reading): T | undefined {
  const result = schema.safeParse(toValue(node, reading.read), { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues.flatMap(plainIssues)) {
    if (!isUntold(issue, node, reading)) reportIssue(issue, { schema, node, reading });
  }
  return undefined;
}

/** Whether an issue may come of a value that is not known; a check of ours looks at several. */
function isUntold(issue: Issue, node: YamlNode, { untold }: Reading): boolean {
  if (untold === undefined || untold.size === 0) return false;
  return issue.code === 'custom' || untold.has(placeAt(node, issue.path));
}

interface Subject {
  readonly schema: ZodType;
  readonly node: YamlNode;
  readonly reading: Reading;
}

function reportIssue(issue: Issue, subject: Subject): void {
  const { node, reading } = subject;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const at = keyPlaceAt(node, [...issue.path, key]);
      reading.report({ at, ...keyProblem(key, issue.path, subject) });
    }
  } else reading.report({ at: placeAt(node, issue.path), ...problemOf(issue, reading.what) });
}

function keyProblem(key: string, path: Issue['path'], { schema, reading }: Subject): Problem {
  if (reading.later?.has(key)) {
    const message = `"${key}" is not supported by this version; remove it`;
    return { code: 'config.not_supported', message };
  }
  const known = keysAt(schema, path);
  const belongs = reading.elsewhere?.(key);
  const tail = belongs === undefined ? suggestion(key, known) || listing(known) : `; ${belongs}`;
  const place = path.length === 0 ? reading.what : `"${path.map(String).join('.')}"`;
  return { code: 'config.unknown_key', message: `unknown key "${key}" in ${place}${tail}` };
}

function listing(known: readonly string[]): string {
  return known.length === 0 ? '' : `; known are ${known.join(', ')}`;
}

function problemOf(issue: Issue, what: string): Problem {
  const path = issue.path.map(String).join('.');
  const subject = path === '' ? what : `"${path}"`;
  return { code: codeOf(issue), message: issueText(issue, subject) };
}

/** A check of ours may say what its finding is. */
function codeOf(issue: Issue): string {
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return typeof code === 'string' ? code : 'config.invalid';
}

/**
 * The issues behind that of a union: those of the member that was meant, which is the one that
 * takes the value's kind and knows most of its keys, else what the members expected.
 */
function plainIssues(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [meant] = issue.errors
    .filter((issues) => issues.length > 0 && !issues.some(isRoot))
    .toSorted((a, b) => unknownKeys(a) - unknownKeys(b));
  if (meant !== undefined) {
    return meant.flatMap((inner) =>
      plainIssues({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  const expected = issue.errors
    .flat()
    .flatMap((inner) => ('expected' in inner ? [inner.expected] : []));
  if (expected.length === 0) return [issue];
  return [{ ...issue, message: `expected ${[...new Set(expected)].join(' or ')}` }];
}

function unknownKeys(issues: readonly Issue[]): number {
  return issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : [])).length;
}

function isRoot(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code !== 'unrecognized_keys';
}

/** The keys that a schema knows at a path: what an unknown one may have meant. */
function keysAt(schema: core.$ZodType, path: readonly PropertyKey[]): string[] {
  const def = (schema as core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(def.shape);
      const field = def.shape[String(key)];
      return field === undefined ? [] : keysAt(field, rest);
    }
    case 'optional':
    case 'default':
    case 'nullable':
    case 'readonly':
      return keysAt(def.innerType, path);
    case 'array':
      return keysAt(def.element, path.slice(1));
    case 'record':
      return keysAt(def.valueType, path.slice(1));
    case 'pipe':
      return keysAt(def.in, path);
    case 'union':
      return def.options.flatMap((option) => keysAt(option, path));
    default:
      return [];
  }
}
