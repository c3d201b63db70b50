import { writtenAutonomy } from '../../flows/parse/autonomy.ts';
import { callSchema } from '../../flows/parse/call.ts';
import { eachSchema } from '../../flows/parse/each.ts';
import { writtenLimits } from '../../flows/parse/limits.ts';
import { writtenPatterns } from '../../flows/parse/pattern.ts';
import { labelSchema, writtenForkOptions, writtenOptions } from '../../flows/parse/step-options.ts';
import { triggerSchema, typeSchema } from '../../flows/parse/trigger.ts';
import type { StepShape } from '../../flows/step-shape.ts';
import {
  type JsonSchema,
  type Properties,
  propertiesOf,
  ref,
  requiredOf,
  strict,
  written,
  writtenEach,
} from './json-schema.ts';

/** How a step of one kind is written: each key, and which it needs. */
interface WrittenKind {
  readonly kind: string;
  readonly own: Properties;
  readonly required: readonly string[];
  readonly options: Properties;
}

const STEPS = ref('steps');
const ANY = {};

/** Schemas of `flow`, `handler`, `step`, `steps` and `trigger`. */
export function flowDefinitions(shapes: readonly StepShape[]): Properties {
  const kinds = [...shapes.map(kindOf), ...forks()];
  const trigger = written(triggerSchema);
  const patterns = Object.values(writtenPatterns).map((pattern) => written(pattern));
  const list = { type: 'array', items: ref('trigger') };
  const on = { anyOf: [written(typeSchema), trigger, list, ...patterns] };
  const limits = writtenEach({ ...writtenLimits, ...writtenAutonomy });
  const own = { enabled: { type: 'boolean' }, on_failure: STEPS, ...limits };
  return {
    trigger: { anyOf: [written(typeSchema), trigger] },
    steps: { type: 'array', items: ref('step') },
    step: stepSchema(kinds, {}),
    flow: flowSchema(kinds, { ...own, on }, ['on']),
    handler: flowSchema(kinds, own, []),
  };
}

/** A flow with its steps, or with one that stands in their place. */
function flowSchema(
  kinds: readonly WrittenKind[],
  own: Properties,
  required: readonly string[],
): JsonSchema {
  return {
    type: 'object',
    required,
    if: { required: ['steps'] },
    then: strict({ ...own, steps: STEPS }),
    else: stepSchema(kinds, own),
  };
}

/** A step; around it may stand what says something of the whole flow. */
function stepSchema(kinds: readonly WrittenKind[], around: Properties): JsonSchema {
  const all = [...kinds, choice()];
  const known = all.map(({ own, options }) => ({ ...blank(own), ...options }));
  return {
    type: 'object',
    properties: { ...(Object.assign({}, ...known) as Properties), ...around },
    additionalProperties: false,
    anyOf: all.map((kind) => isOf(kind, [])),
    allOf: all.map((kind) => ruleOf(kind, { kinds, around })),
  };
}

const CHOICE = 'choice';

function choice(): WrittenKind {
  const own = { if: { type: 'string' }, then: STEPS, else: STEPS };
  return { kind: CHOICE, own, required: ['if'], options: writtenEach(labelSchema.shape) };
}

/** What a key takes depends on the kind that it stands beside. */
function blank(own: Properties): Properties {
  return Object.fromEntries(Object.keys(own).map((key) => [key, ANY]));
}

/** Where a step has the kind, what else it may have and needs. */
function ruleOf(
  kind: WrittenKind,
  { kinds, around }: { readonly kinds: readonly WrittenKind[]; readonly around: Properties },
): JsonSchema {
  const properties = { ...kind.own, ...kind.options, ...around };
  return {
    if: isOf(kind, kinds),
    then: {
      properties,
      required: kind.required,
      propertyNames: { enum: Object.keys(properties) },
    },
  };
}

/** Whether a step has a kind. The name of one may be a key of another: then it is that there. */
function isOf({ kind }: WrittenKind, kinds: readonly WrittenKind[]): JsonSchema {
  if (kind === CHOICE) return { anyOf: [{ required: ['then'] }, { required: ['else'] }] };
  const owners = kinds.filter((other) => other.kind !== kind && Object.hasOwn(other.own, kind));
  if (owners.length === 0) return { required: [kind] };
  return { required: [kind], not: { anyOf: owners.map((owner) => ({ required: [owner.kind] })) } };
}

function kindOf({ kind, keys, schema }: StepShape): WrittenKind {
  const input = written(schema);
  const known = propertiesOf(input);
  const required = requiredOf(input);
  const own = Object.fromEntries([kind, ...keys].map((key) => [key, known[key] ?? ANY]));
  const verify = strict(own, required);
  return {
    kind,
    own: { ...own, verify, compensate: ref('step') },
    required,
    options: writtenEach(writtenOptions),
  };
}

function forks(): WrittenKind[] {
  const options = writtenEach(writtenForkOptions);
  const list = { type: 'array' };
  return [
    { kind: 'parallel', own: { parallel: STEPS }, required: [], options },
    {
      kind: 'each',
      own: {
        each: { anyOf: [list, { type: 'string' }] },
        do: STEPS,
        ...writtenEach(eachSchema.shape),
      },
      required: ['do'],
      options,
    },
    { kind: 'call', own: { ...writtenEach(callSchema.shape), data: ANY }, required: [], options },
  ];
}
