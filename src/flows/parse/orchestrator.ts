import { z } from 'zod';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import {
  extentOf,
  keyPlaceAt,
  nodeAt,
  pick,
  placeAt,
  textOf,
  valueOf,
  type YamlEntry,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** What seed 003 calls this program. */
export const MODULE = 'loop-event-driven';

/** The name of a profile: of a file without its ending, and so without any path. */
export const profileNameSchema = z.string().regex(/^[A-Za-z0-9_][\w.-]{0,99}$/, {
  error: 'is the name of a profile: letters, digits, "_", "-" and "."',
});

/** What a file says of the profile that it is, and that it extends. */
export const headSchema = z.strictObject({
  extends: profileNameSchema.optional(),
  profile: z
    .strictObject({
      name: profileNameSchema.optional(),
      extends: profileNameSchema.optional(),
      description: z.string().optional(),
      version: z.union([z.string(), z.number()]).optional(),
    })
    .optional(),
});

/** The keys by which a file says what it stands on, and those around seed 003's settings. */
export const PROFILE_KEYS: readonly string[] = [
  ...Object.keys(headSchema.shape),
  'session',
  'orchestrators',
];

/** A file's settings, flows and sources, each at the top, and the profile that it extends. */
export interface Lifted {
  readonly mapping: YamlMapping;
  readonly base: Base | undefined;
}

export interface Base {
  readonly name: string;
  /** Where it is named. */
  readonly at: number;
}

/**
 * Takes what seed 003 writes in `session.orchestrator.config`, or in `config` of its
 * `[[orchestrators]]`, for what stands at the top of a file. Reports what is wrong with it.
 */
export function liftOrchestrator(root: YamlMapping, report: Report): Lifted {
  const lifted = new Map<string, YamlEntry>();
  for (const [key, entry] of root.entries) if (!PROFILE_KEYS.includes(key)) lifted.set(key, entry);
  for (const config of configsOf(root, report)) {
    for (const [key, entry] of config.entries) {
      if (!lifted.has(key)) lifted.set(key, entry);
      else {
        const message = `the key "${key}" stands twice, here and outside of this; remove one`;
        report({ at: entry.at, code: 'config.duplicate_key', message });
      }
    }
  }
  const values = Array.from(lifted.values(), ({ value }) => value);
  const mapping = { ...root, entries: lifted, ...extentOf(values) };
  return { mapping, base: readBase(root, report) };
}

function readBase(root: YamlMapping, report: Report): Base | undefined {
  const head = pick(root, Object.keys(headSchema.shape));
  const written = readWith(headSchema, head, { report, what: 'a profile' });
  const { extends: outer, profile } = written ?? {};
  if (outer !== undefined && profile?.extends !== undefined) {
    const message = '"extends" stands twice, here and in "profile"; remove one';
    report({ at: keyPlaceAt(root, ['extends']), code: 'config.duplicate_key', message });
  }
  if (outer !== undefined) return { name: outer, at: placeAt(root, ['extends']) };
  const inner = profile?.extends;
  return inner === undefined
    ? undefined
    : { name: inner, at: placeAt(root, ['profile', 'extends']) };
}

const sessionSchema = z.strictObject({
  session: z.strictObject({ orchestrator: z.looseObject({}) }),
});
const listSchema = z.strictObject({ orchestrators: z.array(z.looseObject({})).min(1).max(10) });

function configsOf(root: YamlMapping, report: Report): YamlMapping[] {
  return [
    ...orchestratorsAt(['session', 'orchestrator'], sessionSchema, { root, report }),
    ...orchestratorsAt(['orchestrators'], listSchema, { root, report }),
  ].flatMap((node) => configOf(node, report) ?? []);
}

function orchestratorsAt(
  path: readonly [string, ...string[]],
  schema: z.ZodType<object>,
  { root, report }: { readonly root: YamlMapping; readonly report: Report },
): readonly YamlMapping[] {
  const [key] = path;
  if (!root.entries.has(key)) return [];
  const read = readWith(schema, pick(root, [key]), { report, what: 'a profile' });
  if (read === undefined) return [];
  const found = nodeAt(root, path);
  return (found.kind === 'list' ? found.items : [found]).filter(isMapping);
}

function isMapping(node: YamlNode): node is YamlMapping {
  return node.kind === 'mapping';
}

const orchestratorSchema = z.strictObject({
  module: z.literal(MODULE, { error: `is "${MODULE}": no other orchestrator is read here` }),
  config: z.looseObject({}).optional(),
});

function configOf(node: YamlMapping, report: Report): YamlMapping | undefined {
  const config = valueOf(node, 'config');
  if (config?.kind !== 'mapping') {
    readWith(orchestratorSchema, node, { report, what: 'an orchestrator' });
    return undefined;
  }
  // What is in `config` is read later, as if it stood at the top.
  const empty = { at: config.at, value: { ...config, entries: new Map() } };
  const shown = { ...node, entries: new Map(node.entries).set('config', empty) };
  readWith(orchestratorSchema, shown, { report, what: 'an orchestrator' });
  return textOf(node, 'module') === MODULE ? config : undefined;
}
