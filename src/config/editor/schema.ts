import { headSchema, MODULE } from '../../flows/parse/orchestrator.ts';
import { commonSchema } from '../../flows/parse/sources.ts';
import { writtenSourceLimits } from '../../flows/parse/source-limits.ts';
import type { SourceShape } from '../../flows/source-shape.ts';
import type { StepShape } from '../../flows/step-shape.ts';
import { builtInSourceShapes } from '../../sources/shapes.ts';
import { builtInShapes } from '../../steps/shapes.ts';
import { settingsSchema } from '../settings.ts';
import { flowDefinitions } from './flow-schema.ts';
import {
  type JsonSchema,
  type Properties,
  propertiesOf,
  ref,
  requiredOf,
  strict,
  withVariables,
  written,
  writtenEach,
} from './json-schema.ts';

export interface EditorSchemaOptions {
  readonly shapes: readonly StepShape[];
  readonly sourceShapes: readonly SourceShape[];
}

/**
 * The JSON Schema of configuration files, for editors: made of the same schemas that check them, so
 * that a key that is refused here is refused there. What only the whole of a configuration can tell
 * is left to `check`.
 */
export function editorSchema(
  { shapes, sourceShapes }: EditorSchemaOptions = {
    shapes: builtInShapes,
    sourceShapes: builtInSourceShapes,
  },
): JsonSchema {
  const settings = propertiesOf(withVariables(written(settingsSchema)));
  const content = {
    ...settings,
    sources: nullable({ type: 'array', items: ref('source') }),
    handlers: nullable({ type: 'object', additionalProperties: ref('handler') }),
    flows: nullable({ type: 'object', additionalProperties: ref('flow') }),
  };
  const orchestrator = strict({ module: { const: MODULE }, config: ref('content') }, ['module']);
  const file = {
    ...content,
    ...writtenEach(headSchema.shape),
    session: strict({ orchestrator: ref('orchestrator') }),
    orchestrators: { type: 'array', items: ref('orchestrator') },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A configuration of Signalbox',
    ...strict(file),
    definitions: {
      content: strict(content),
      orchestrator,
      source: sourceSchema(sourceShapes),
      variable: { type: 'string', pattern: String.raw`\$\{` },
      ...flowDefinitions(shapes),
    },
  };
}

/** A key without a value says as much as no key. */
function nullable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** What a source may have is known once its type is. */
function sourceSchema(shapes: readonly SourceShape[]): JsonSchema {
  // An empty list of types is no JSON Schema.
  if (shapes.length === 0) return { not: {} };
  const common = { ...writtenEach(commonSchema.shape), ...writtenEach(writtenSourceLimits) };
  const each = shapes.map(({ type, schema }) => {
    const own = withVariables(written(schema));
    return { type, properties: propertiesOf(own), required: requiredOf(own) };
  });
  const known = Object.assign({}, ...each.map(({ properties }) => properties)) as Properties;
  return {
    type: 'object',
    properties: { ...blank(known), ...common, type: { enum: shapes.map(({ type }) => type) } },
    additionalProperties: false,
    required: ['type'],
    allOf: each.map(({ type, properties, required }) => ({
      if: { properties: { type: { const: type } } },
      then: {
        properties,
        required,
        propertyNames: { enum: [...Object.keys(properties), ...Object.keys(common)] },
      },
    })),
  };
}

function blank(properties: Properties): Properties {
  return Object.fromEntries(Object.keys(properties).map((key) => [key, {}]));
}
