import { z } from 'zod';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import {
  extentOf,
  keyPlaceAt,
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
    ...orchestratorsIn(root, { key: 'session', schema: sessionSchema }, report),
    ...orchestratorsIn(root, { key: 'orchestrators', schema: listSchema }, report),
  ].flatMap((node) => configOf(node, report) ?? []);
}

function orchestratorsIn(
  root: YamlMapping,
  { key, schema }: { readonly key: string; readonly schema: z.ZodType<object> },
  report: Report,
): readonly YamlNode[] {
  const node = valueOf(root, key);
  if (node === undefined) return [];
  const read = readWith(schema, pick(root, [key]), { report, what: 'a profile' });
  if (read === undefined) return [];
  if (node.kind === 'list') return node.items;
  const inner = node.kind === 'mapping' ? valueOf(node, 'orchestrator') : undefined;
  return inner === undefined ? [] : [inner];
}

const orchestratorSchema = z.strictObject({
  module: z.literal(MODULE, { error: `is "${MODULE}": no other orchestrator is read here` }),
  config: z.looseObject({}).optional(),
});

function configOf(node: YamlNode, report: Report): YamlMapping | undefined {
  const config = node.kind === 'mapping' ? valueOf(node, 'config') : undefined;
  // What is in `config` is read later, as if it stood at the top.
  const shown = node.kind === 'mapping' && config?.kind === 'mapping' ? withEmpty(node) : node;
  const read = readWith(orchestratorSchema, shown, { report, what: 'an orchestrator' });
  if (read === undefined && textOf(node, 'module') !== MODULE) return undefined;
  return config?.kind === 'mapping' ? config : undefined;
}

function withEmpty(node: YamlMapping): YamlMapping {
  const entries = new Map(node.entries);
  const config = entries.get('config');
  if (config?.value.kind === 'mapping') {
    entries.set('config', { ...config, value: { ...config.value, entries: new Map() } });
  }
  return { ...node, entries };
}
