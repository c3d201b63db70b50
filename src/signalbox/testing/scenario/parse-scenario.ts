import { z, type ZodType } from 'zod';
import type { SourceFile } from '../../../flows/catalog.ts';
import { parseCondition } from '../../../flows/parse/condition.ts';
import { readDocument } from '../../../flows/parse/document.ts';
import { durationSchema } from '../../../flows/parse/duration-schema.ts';
import { checkKeys } from '../../../flows/parse/keys.ts';
import { type Report, reportTo } from '../../../flows/parse/report.ts';
import { readWith } from '../../../flows/parse/schema-reading.ts';
import { pick, valueOf, type YamlMapping, type YamlNode } from '../../../flows/parse/yaml-node.ts';
import { type Finding, suggestion } from '../../../std/diagnostics.ts';
import type { Json } from '../../../std/json.ts';
import { EXPECTED, EXPECTED_NAMES } from './expect-schema.ts';
import { GIVEN, LATER_GIVEN } from './given-schema.ts';
import type { Expectation, Given, Scenario, WrittenAnswers } from './scenario.ts';

/** A scenario, where nothing is wrong with its file; and each thing that is. */
export interface ParsedScenario {
  readonly scenario: Scenario | undefined;
  readonly findings: readonly Finding[];
}

/** How many things may be given, and expected. */
const ITEMS_MAX = 1_000;
/** How long a scenario goes on behind the last time that it names, where it does not say. */
const AFTERMATH_MS = 60_000;

const json = z.custom<Json>(() => true);
const mappingOf = <T>(value: ZodType<T>) => z.record(z.string(), value);

const headSchema = z.strictObject({
  test: z.string().min(1),
  at: z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), 'is a time such as 2026-07-16T21:00:00Z')
    .optional(),
  seed: z.int().default(1),
  env: mappingOf(z.string()).default({}),
  until: durationSchema.optional(),
});
const HEAD_KEYS = Object.keys(headSchema.shape);

const answersSchema = z
  .object({
    steps: mappingOf(json).default({}),
    fails: mappingOf(z.string()).default({}),
  })
  .catchall(json)
  .transform(({ steps, fails, ...byName }): WrittenAnswers => {
    return { byName, bySteps: steps, failing: fails };
  });

const KEYS = [...HEAD_KEYS, 'given', 'answers', 'expect'];

/** Reads a scenario's file. Never throws for what it holds. */
export function parseScenario(file: SourceFile): ParsedScenario {
  const findings: Finding[] = [];
  const document = readDocument(file);
  const report = reportTo(findings, file.path, document);
  for (const problem of document.problems) report(problem);
  const { root } = document;
  if (root?.kind !== 'mapping') {
    const message = 'a scenario is a mapping that begins with "test"';
    if (findings.length === 0) report({ at: root?.at ?? 0, code: 'config.invalid', message });
    return { scenario: undefined, findings };
  }
  const place = (at: number): string => `${file.path}:${document.place(at).line}`;
  const exactly = (at: number): string => `${place(at)}:${document.place(at).column}`;
  const scenario = readScenario(root, { file: file.path, report, place, exactly });
  const isBad = findings.some(({ severity }) => severity === 'error');
  return { scenario: isBad ? undefined : scenario, findings };
}

interface Reading {
  readonly file: string;
  readonly report: Report;
  /** `file:line` of an offset, and with its column. */
  readonly place: (at: number) => string;
  readonly exactly: (at: number) => string;
}

function readScenario(root: YamlMapping, reading: Reading): Scenario | undefined {
  const { report, file } = reading;
  checkKeys(root, { what: 'a scenario', known: KEYS }, report);
  const head = readWith(headSchema, pick(root, HEAD_KEYS), { report, what: 'a scenario' });
  const given = itemsOf(root, 'given', report).flatMap((item) => readGiven(item, reading) ?? []);
  const expect = itemsOf(root, 'expect', report).flatMap((item) => {
    return readExpectation(item, reading) ?? [];
  });
  const written = valueOf(root, 'answers');
  const answers = readAnswers(written, report);
  if (!root.entries.has('expect')) {
    const message = 'a scenario says with "expect" what is to come of it';
    report({ at: root.at, code: 'config.invalid', message });
  }
  if (head === undefined || answers === undefined) return undefined;
  const { until, ...rest } = head;
  const times = [...given.map(({ atMs }) => atMs), ...expect.map(({ byMs = 0 }) => byMs)];
  const untilMs = until ?? Math.max(0, ...times) + AFTERMATH_MS;
  // What stands on one instant happens in the order in which it is written.
  const inOrder = given.toSorted((a, b) => a.atMs - b.atMs);
  return { ...rest, file, given: inOrder, answers, expect, untilMs };
}

function readAnswers(node: YamlNode | undefined, report: Report): WrittenAnswers | undefined {
  if (node === undefined) return answersSchema.parse({});
  return readWith(answersSchema, node, { report, what: '"answers"' });
}

function itemsOf(root: YamlMapping, key: string, report: Report): readonly YamlNode[] {
  const node = valueOf(root, key);
  if (node === undefined) return [];
  if (node.kind === 'list' && node.items.length <= ITEMS_MAX) return node.items;
  const message = `"${key}" is a list of at most ${ITEMS_MAX} things`;
  report({ at: node.at, code: 'config.invalid', message });
  return [];
}

function readGiven(node: YamlNode, { report, exactly }: Reading): Given | undefined {
  const what = 'something that is given';
  const verb = verbOf(node, { what, known: GIVEN.keys(), later: LATER_GIVEN }, report);
  const schema = verb === undefined ? undefined : GIVEN.get(verb);
  const given = schema && readWith(schema, node, { report, what });
  return given && { ...given, place: exactly(node.at) };
}

function readExpectation(node: YamlNode, reading: Reading): Expectation | undefined {
  const { report } = reading;
  const never = node.kind === 'mapping' ? valueOf(node, 'never') : undefined;
  if (never === undefined) return readWanted(node, { ...reading, never: false });
  if (node.kind === 'mapping') checkKeys(node, { what: '"never"', known: ['never'] }, report);
  if (never.kind !== 'scalar') return readWanted(never, { ...reading, never: true });
  const entries = new Map([['event', { at: never.at, value: never }]]);
  const asEvent = { ...never, kind: 'mapping', entries } as const;
  return readWanted(asEvent, { ...reading, never: true });
}

function readWanted(
  node: YamlNode,
  { report, place, never }: Reading & { readonly never: boolean },
): Expectation | undefined {
  const what = 'something that is expected';
  const known = [...EXPECTED.keys(), ...(never ? [] : ['never'])];
  const verb = verbOf(node, { what, known, later: NOTHING }, report);
  const schema = verb === undefined ? undefined : EXPECTED.get(verb);
  const written = schema && readWith(schema, node, { report, what });
  if (written === undefined) return undefined;
  const { by: byMs, where: text, ...rest } = written;
  const own = { ...rest, byMs, never, place: place(node.at) };
  if (text === undefined) return own;
  const at = (node.kind === 'mapping' ? valueOf(node, 'where')?.at : undefined) ?? node.at;
  const names = { known: EXPECTED_NAMES[written.what], steps: [], place: 'in "where"' };
  const where = parseCondition(text, { at, names }, report);
  return where && { ...own, where };
}

interface Verbs {
  readonly what: string;
  readonly known: Iterable<string>;
  readonly later: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The key that says what an item is; undefined where it has none, which is reported. */
function verbOf(node: YamlNode, { what, known, later }: Verbs, report: Report): string | undefined {
  const verbs = [...known];
  const keys = node.kind === 'mapping' ? [...node.entries.keys()] : [];
  const verb = keys.find((key) => verbs.includes(key));
  if (verb !== undefined) return verb;
  const lacking = keys.find((key) => later.has(key));
  if (lacking !== undefined) {
    const message = `"${lacking}" in a scenario is not supported by this version; remove it`;
    report({ at: node.at, code: 'config.not_supported', message });
    return undefined;
  }
  const meant = keys.map((key) => suggestion(key, verbs)).find((tail) => tail !== '') ?? '';
  const message = `${what} has one of ${verbs.join(', ')}${meant}`;
  report({ at: node.at, code: 'config.invalid', message });
  return undefined;
}
