const text = { type: 'string' };
const schema = { type: ['object', 'boolean'] };
const content = {
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: '^[a-z]+/[a-z0-9.+-]+(; .+)?$' },
  additionalProperties: {
    type: 'object',
    properties: { schema },
    required: ['schema'],
    additionalProperties: false,
  },
};

const parameter = {
  type: 'object',
  required: ['name', 'in', 'schema'],
  additionalProperties: false,
  properties: {
    name: text,
    in: { enum: ['path', 'query', 'header'] },
    required: { type: 'boolean' },
    schema,
  },
  // What stands in a path is always needed.
  if: { properties: { in: { const: 'path' } } },
  then: { properties: { required: { const: true } }, required: ['required'] },
};

const headers = {
  type: 'object',
  required: ['X-Request-Id'],
  propertyNames: { enum: ['X-Request-Id', 'Retry-After'] },
  additionalProperties: {
    type: 'object',
    required: ['$ref'],
    properties: {
      $ref: { enum: ['#/components/headers/RequestId', '#/components/headers/RetryAfter'] },
    },
    additionalProperties: false,
  },
};

const response = {
  type: 'object',
  required: ['description', 'headers', 'content'],
  additionalProperties: false,
  properties: { description: text, content, headers },
};

const operation = {
  type: 'object',
  required: ['operationId', 'summary', 'security', 'parameters', 'responses'],
  additionalProperties: false,
  properties: {
    operationId: { type: 'string', pattern: '^[a-z][a-zA-Z]+$' },
    summary: text,
    security: { type: 'array', items: { type: 'object' } },
    'x-roles': { type: 'array', items: text },
    parameters: { type: 'array', items: parameter },
    requestBody: {
      type: 'object',
      required: ['content'],
      additionalProperties: false,
      properties: { required: { type: 'boolean' }, content },
    },
    responses: {
      type: 'object',
      minProperties: 2,
      propertyNames: { pattern: '^([1-5][0-9]{2}|default)$' },
      additionalProperties: response,
    },
  },
};

/** What OpenAPI 3.1 says of the parts of a document that ours has; any other part is a fault. */
export const DOCUMENT = {
  type: 'object',
  required: ['openapi', 'info', 'paths', 'components'],
  additionalProperties: false,
  properties: {
    openapi: { const: '3.1.0' },
    info: {
      type: 'object',
      required: ['title', 'version'],
      additionalProperties: false,
      properties: { title: text, version: text, description: text },
    },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/' },
      additionalProperties: {
        type: 'object',
        propertyNames: { enum: ['get', 'post'] },
        additionalProperties: operation,
      },
    },
    components: {
      type: 'object',
      required: ['securitySchemes', 'headers', 'schemas'],
      additionalProperties: false,
      properties: {
        securitySchemes: { type: 'object' },
        headers: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['schema', 'description'],
            properties: { schema, description: text },
            additionalProperties: false,
          },
        },
        schemas: { type: 'object', required: ['Problem'] },
      },
    },
  },
};
