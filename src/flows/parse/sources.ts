import { z } from 'zod';
import { suggestion } from '../../std/diagnostics.ts';
import type { Condition } from '../condition.ts';
import type { Trigger } from '../flow.ts';
import { TRIGGER_NAMES } from '../names.ts';
import type { SourceDefinition } from '../source.ts';
import type { NoteSecret } from '../secret-reference.ts';
import type { Overlap, SourceConfig, SourceSettings, SourceShape } from '../source-shape.ts';
import { interpolate, type Variables } from '../variables.ts';
import { reportBareSecrets } from './bare-secrets.ts';
import { expressionSchema, parseCondition } from './condition.ts';
import { spanSchema } from './duration-schema.ts';
import { flowNameSchema, isFlowName } from './flow-name.ts';
import { isLaterSource } from './later-keys.ts';
import { queueSchema } from './queue-limit.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { readSecretFields, secretFieldKeys } from './secret-fields.ts';
import { noteConfigured, noteReferences } from './secrets.ts';
import { readSourceLimits, SOURCE_LIMIT_KEYS, type SourceLimits } from './source-limits.ts';
import {
  keyPlaceAt,
  pick,
  placeAt,
  textOf,
  toValue,
  valueOf,
  type YamlMapping,
  type YamlNode,
} from './yaml-node.ts';

/** How many sources a configuration may have. */
const SOURCES_MAX = 1_000;
const HANDLERS_MAX = 100;

const handlerSchema = z.union([flowNameSchema, z.array(flowNameSchema).min(1).max(HANDLERS_MAX)]);

const NAME_RULE = 'is no name: use letters, digits and "_.:-", at most 128';
const nameSchema = z.string().refine(isFlowName, NAME_RULE);

/** What every source may be given, whatever its type. */
export const commonSchema = z.strictObject({
  type: z.string(),
  name: nameSchema.optional(),
  handler: handlerSchema.optional(),
  where: expressionSchema.optional(),
  trust: z.enum(['trusted', 'untrusted']).optional(),
  stale_after: spanSchema.optional(),
  ...queueSchema.shape,
  ...secretFieldKeys,
});
const COMMON_KEYS = Object.keys(commonSchema.shape);

type Common = z.output<typeof commonSchema>;

export interface SourcesContext {
  readonly report: Report;
  /** The types of sources that there are, by type. */
  readonly shapes: ReadonlyMap<string, SourceShape>;
  readonly variables: Variables;
  readonly settings: SourceSettings | undefined;
  readonly noteSecret: NoteSecret;
}

/** A source with the places where it names its flows, for what is checked once all are known. */
export interface WrittenSource {
  readonly definition: SourceDefinition;
  readonly trigger: Trigger;
  /** The types of its events. */
  readonly emits: readonly string[];
  /** What becomes of its events while the run of an earlier one is open, where it says that. */
  readonly overlap: Overlap | undefined;
  /** What no other source of its type may have too. */
  readonly own: string | undefined;
  /** How its events start runs of the flows that it names. */
  readonly limits: SourceLimits;
  /** Where it stands, and where its handlers do. */
  readonly at: number;
  readonly handlersAt: number;
  readonly report: Report;
}

/** Reads `sources:`. Reports what is wrong; a source that is wrong is left out. */
export function parseSources(node: YamlNode, context: SourcesContext): readonly WrittenSource[] {
  if (node.kind === 'scalar' && node.value === null) return [];
  if (node.kind !== 'list' || node.items.length > SOURCES_MAX) {
    const message = `"sources" is a list of at most ${SOURCES_MAX} mappings with "type"`;
    context.report({ at: node.at, code: 'config.invalid', message });
    return [];
  }
  return node.items.flatMap((item) => parseSource(item, context) ?? []);
}

/** The flows that sources name, those that are wrong otherwise included. */
export function handlersNamed(node: YamlNode): string[] {
  if (node.kind !== 'list') return [];
  return node.items.flatMap((item) => {
    const handler = item.kind === 'mapping' ? valueOf(item, 'handler') : undefined;
    if (handler === undefined) return [];
    return [toValue(handler)].flat().filter((name) => typeof name === 'string');
  });
}

function parseSource(node: YamlNode, context: SourcesContext): WrittenSource | undefined {
  const { report } = context;
  const shape = shapeOf(node, context);
  if (shape === undefined || node.kind !== 'mapping') return undefined;
  const what = `a source of type ${shape.type}`;
  const common = readWith(commonSchema, pick(node, COMMON_KEYS), { report, what });
  const read = readConfig(node, { shape, context, what });
  const config = read?.config;
  noteSecrets(node, read?.unset === true ? undefined : config, { shape, context, what });
  reportBareSecrets(node, shape.secretKeys, report);
  const where = readWhere(common, node, report);
  const limits = readLimits(node, { shape, context, what });
  if (common === undefined || config === undefined || limits === undefined) return undefined;
  if (common.where !== undefined && where === undefined) return undefined;
  const problem = context.settings && shape.problem?.(config, context.settings);
  if (problem !== undefined) report({ at: node.at, code: 'config.unsafe', message: problem });
  const unset = read?.unset === true ? ({ unset: true } as const) : {};
  const definition = { ...define(common, { shape, config }), ...unset };
  return {
    definition,
    trigger: {
      pattern: { event: shape.handled ?? '*', source: definition.name },
      ...(where && { where }),
      ...(limits.gather && { gather: limits.gather }),
    },
    limits,
    emits: shape.emits,
    overlap: shape.overlapOf?.(config),
    own: shape.ownOf?.(config),
    at: node.at,
    handlersAt: placeAt(node, ['handler']),
    report,
  };
}

function shapeOf(node: YamlNode, { shapes, report }: SourcesContext): SourceShape | undefined {
  const type = textOf(node, 'type');
  const shape = type === undefined ? undefined : shapes.get(type);
  if (shape !== undefined) return shape;
  const known = [...shapes.keys()];
  if (type === undefined) {
    const message = `a source is a mapping with "type": one of ${known.join(', ')}`;
    report({ at: node.at, code: 'config.invalid', message });
  } else if (isLaterSource(type)) {
    const message = `sources of type "${type}" are not supported by this version; remove it`;
    report({ at: placeAt(node, ['type']), code: 'config.not_supported', message });
  } else {
    const tail = suggestion(type, known) || `; known are ${known.join(', ')}`;
    const message = `there is no source of type "${type}"${tail}`;
    report({ at: placeAt(node, ['type']), code: 'config.invalid', message });
  }
  return undefined;
}

interface Reading {
  readonly shape: SourceShape;
  readonly context: SourcesContext;
  readonly what: string;
}

/** What a source's own keys say. */
interface ReadConfig {
  readonly config: SourceConfig;
  /** Whether a variable in it has no value. */
  readonly unset: boolean;
}

/** What stands for a variable without a value in a source that is not opened: a secret, mostly. */
const STAND_IN = `whsec_${'A'.repeat(43)}=`;

function readConfig(node: YamlMapping, reading: Reading): ReadConfig | undefined {
  const { report, variables } = reading.context;
  const untold = new Set<number>();
  const config = readOwn(node, reading, {
    report,
    untold,
    read: (text, at) =>
      interpolate(text, variables, (message) => {
        untold.add(at);
        report({ at, code: 'config.unset', message });
      }),
  });
  const unset = untold.size > 0;
  if (config !== undefined || !unset) return config && { config, unset };
  const standIn: Variables = (reference) => {
    const variable = variables(reference);
    return variable.kind === 'value' ? variable : { kind: 'value', value: STAND_IN };
  };
  // All that is wrong has been told.
  const ignore = (): void => {};
  const read = (text: string): unknown => interpolate(text, standIn, ignore);
  const likely = readOwn(node, reading, { report: ignore, read });
  return likely && { config: likely, unset };
}

function readOwn(
  node: YamlMapping,
  { shape, what }: Reading,
  how: Omit<Parameters<typeof readWith>[2], 'what'>,
): SourceConfig | undefined {
  const own = [...node.entries.keys()].filter(
    (key) => ![...COMMON_KEYS, ...SOURCE_LIMIT_KEYS].includes(key),
  );
  return readWith(shape.schema, pick(node, own), { ...how, what });
}

/** What is secret in a source is known before anything of it is wrong. */
function noteSecrets(
  node: YamlMapping,
  config: SourceConfig | undefined,
  { shape, context }: Reading,
): void {
  const { report, variables, noteSecret: note } = context;
  noteReferences(node, shape.secretKeys, { variables, note, report });
  if (config !== undefined) noteConfigured(config, shape.secretKeys, note);
}

/** Where milliseconds stand behind `debounce`, the key of its own that has them was meant. */
function readLimits(
  node: YamlMapping,
  { shape, context, what }: Reading,
): SourceLimits | undefined {
  const { report } = context;
  const { quietKey } = shape;
  const debounce = valueOf(node, 'debounce');
  if (quietKey === undefined || debounce?.kind !== 'scalar') {
    return readSourceLimits(node, what, report);
  }
  const remedy = 'or give "debounce" a mapping, such as { wait: 10s }, to gather events';
  const message = `for milliseconds of quiet write "${quietKey}", ${remedy}`;
  report({ at: keyPlaceAt(node, ['debounce']), code: 'config.invalid', message });
  return undefined;
}

function readWhere(
  common: Common | undefined,
  node: YamlMapping,
  report: Report,
): Condition | undefined {
  if (common?.where === undefined) return undefined;
  return parseCondition(
    common.where,
    { at: placeAt(node, ['where']), names: TRIGGER_NAMES },
    report,
  );
}

function define(
  common: Common,
  { shape, config }: { readonly shape: SourceShape; readonly config: SourceConfig },
): SourceDefinition {
  const { handler, name, trust = shape.trustOf(config), stale_after: staleMs } = common;
  const handlers = handler === undefined ? [] : [handler].flat();
  const { queue_limit: limit, queue_overflow: overflow } = common;
  const isLimited = limit !== undefined || overflow !== undefined;
  const given = name ?? derivedName(shape.nameOf(config)) ?? handlers[0] ?? shape.type;
  return {
    name: `${shape.type}:${given}`,
    type: shape.type,
    handlers: [...new Set(handlers)],
    trust,
    ...(staleMs === undefined ? {} : { staleMs }),
    ...(isLimited ? { queue: { limit, overflow } } : {}),
    ...readSecretFields(common, shape.strangers === true),
    config,
  };
}

/** No longer than a name that is given, and without a star at its end, which patterns have. */
function derivedName(name: string | undefined): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is left out
  const plain = name?.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 200);
  return plain?.replace(/[*/]+$/, '') || undefined;
}

/** Reports sources of one name, or with what only one may have. Gives those that can be used. */
export function uniqueSources(written: readonly WrittenSource[]): readonly WrittenSource[] {
  const taken = new Map<string, string>();
  return written.filter(({ definition, own, at, report }) => {
    const { name, type } = definition;
    const mine = own === undefined ? undefined : `${type} ${own}`;
    const other = mine === undefined ? undefined : taken.get(mine);
    let message: string | undefined;
    if (taken.has(name)) {
      message = `another source is called "${name}" already; give this one a "name"`;
    } else if (other !== undefined) {
      message = `"${other}" has ${own} already; give this one its own`;
    }
    if (message !== undefined) {
      report({ at, code: 'config.duplicate', message });
      return false;
    }
    taken.set(name, name);
    if (mine !== undefined) taken.set(mine, name);
    return true;
  });
}

/** Warns of handlers that no flow is: the events of their sources start nothing there. */
export function reportHandlers(
  sources: readonly WrittenSource[],
  flows: { readonly names: Iterable<string>; has(name: string): boolean },
): void {
  for (const { definition, handlersAt, report } of sources) {
    for (const name of definition.handlers.filter((handler) => !flows.has(handler))) {
      const tail = suggestion(name, flows.names) || '; define it under "handlers"';
      const message = `no flow is called "${name}", so this source starts none${tail}`;
      report({ at: handlersAt, severity: 'warning', code: 'config.unknown_handler', message });
    }
  }
}
