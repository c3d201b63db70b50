import { expect, test } from 'vitest';
import { SecretVariables, type SourceDocument } from '../../../src/signalbox/box/secrets.ts';
import { builtInSourceShapes } from '../../../src/sources/shapes.ts';

const until = '2030-01-01T00:00:00Z';

test.each<[Omit<SourceDocument, 'type'>, object]>([
  [{ secret: 'hush-7f3a' }, { CODE_1_SECRET: 'hush-7f3a' }],
  [
    { secrets: ['new-7f3a', { value: 'old-7f3a', until }] },
    { CODE_1_SECRETS_1: 'new-7f3a', CODE_1_SECRETS_2: 'old-7f3a' },
  ],
  [{ secret: 'hush${7f3a' }, { CODE_1_SECRET: 'hush${7f3a' }],
  [{ secret: '${HUSH}' }, {}],
])('a secret of a source in code is no part of what is recorded: %j', (keys, values) => {
  const variables = new SecretVariables(builtInSourceShapes);
  const hidden = variables.hide({ type: 'webhook', path: '/hooks/a', ...keys }, 1);
  expect(variables.values).toEqual(values);
  expect(JSON.stringify(hidden)).not.toContain('7f3a');
  expect(Object.keys(hidden)).toEqual(['type', 'path', ...Object.keys(keys)]);
});

test('what stands beside a secret stays as it is', () => {
  const variables = new SecretVariables(builtInSourceShapes);
  const secrets = [{ value: 'old-7f3a', until }];
  const hidden = variables.hide({ type: 'webhook', path: '/hooks/a', secrets }, 2);
  expect(hidden).toMatchObject({ secrets: [{ value: '${CODE_2_SECRETS_1}', until }] });
});
